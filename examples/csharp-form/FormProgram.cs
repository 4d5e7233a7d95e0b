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
        try
        {
            // One client for the whole program, opened when it starts.
            using (EvoucherClient centre = new EvoucherClient(arguments.Length > 0 ? arguments[0] : "@evoucher.json"))
            {
                Channel channel = new Channel(arguments.Length > 1 ? arguments[1] : "127.0.0.1:18080");
                Bills bills = new Bills(arguments.Length > 2 ? arguments[2] : "bills.txt");
                Application.Run(new CashierForm(centre, channel, bills)
                {
                    // Yours: makes the settlement in your database, once, and says whether it was made.
                    Settlement = delegate(string patient) { return true; },
                });
            }
        }
        catch (Exception error)
        {
            // No library, one for the other bits, a configuration or a file of bills that cannot be used.
            MessageBox.Show(error.Message, "收费窗口", MessageBoxButtons.OK, MessageBoxIcon.Error);
        }
    }
}
