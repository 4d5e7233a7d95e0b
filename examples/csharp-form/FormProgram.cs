// The window's program: FormProgram @evoucher.json CHANNEL BILLS; CHANNEL and BILLS are Payment.cs's.

using System;
using System.Windows.Forms;
using Evoucher;

internal static class FormProgram
{
    [STAThread]
    private static void Main(string[] arguments)
    {
        Application.EnableVisualStyles();
        EvoucherClient centre;
        try
        {
            // One client for the whole program, opened when it starts.
            centre = new EvoucherClient(arguments.Length > 0 ? arguments[0] : "@evoucher.json");
        }
        catch (EvoucherException error)
        {
            MessageBox.Show(error.Message);
            return;
        }
        using (centre)
        {
            Channel channel = new Channel(arguments.Length > 1 ? arguments[1] : "127.0.0.1:18080");
            Bills bills = new Bills(arguments.Length > 2 ? arguments[2] : "bills.txt");
            // What an earlier run left open comes first: until it is known, nobody may be charged for it.
            foreach (Bill open in bills.Open())
            {
                Payment.ClearUp(centre, channel, bills, open);
            }
            Application.Run(new CashierForm(centre, channel, bills));
        }
    }
}
