// The form of examples/csharp-form with a cashier at it: FormTest DIRECTORY CHANNEL TAG.
//
// DIRECTORY has evoucher.json; the pictures of the window at work go there. CHANNEL is the simulated centre; TAG makes this
// run's tokens its own.

using System;
using System.Drawing;
using System.Drawing.Imaging;
using System.IO;
using System.Net;
using System.Threading;
using System.Windows.Forms;
using Evoucher;

internal static class FormTest
{
    private static CashierForm form;
    private static string directory, channel, tag;
    private static int checks, failures, settled;
    private static bool isClosed, isBroken;

    [STAThread]
    private static int Main(string[] arguments)
    {
        directory = arguments[0];
        channel = arguments[1];
        tag = arguments[2];
        using (EvoucherClient centre = new EvoucherClient("@" + Path.Combine(directory, "evoucher.json")))
        {
            Bills bills = new Bills(Path.Combine(directory, "bills.txt"));
            // A message loop has to know its thread before the form asks for it.
            WindowsFormsSynchronizationContext.AutoInstall = true;
            SynchronizationContext.SetSynchronizationContext(new WindowsFormsSynchronizationContext());
            form = new CashierForm(centre, new Channel(channel), bills);
            form.Settlement = delegate
            {
                settled++;
                if (isBroken)
                {
                    throw new InvalidOperationException("the database is away");
                }
                return true;
            };
            form.FormClosed += delegate { isClosed = true; };
            form.Shown += delegate { new Thread(Cashier) { IsBackground = true }.Start(); };
            Application.Run(form);
        }
        Console.WriteLine("{0} checks, {1} failed", checks, failures);
        return failures == 0 && checks > 0 && isClosed ? 0 : 1;
    }

    private static void Cashier()
    {
        try
        {
            Work();
        }
        catch (Exception error)
        {
            Check(false, error.ToString());
            form.BeginInvoke((Action)Application.Exit);
        }
    }

    private static void Work()
    {
        // A patient who does nothing, and a cashier who waits no longer.
        Type("token", "pwd-form-" + tag);
        Type("total", "100.00");
        Click("check");
        Wait("the countdown", delegate { return Hint().Contains("还有"); });
        Check(!IsEnabled("settle") && !IsEnabled("pay") && IsEnabled("cancel"), "one thing at a time");
        Picture("waiting");
        Click("cancel");
        WaitFree("cancelled");
        Click("settle");
        WaitFree("the gate");
        Check(settled == 0 && Hint() != "", "not verified: " + Hint());
        Picture("refused");

        // One who confirms.
        Type("token", "auto1-form-" + tag);
        Click("check");
        WaitFree("verified");
        Check(Hint().Contains("已核验"), "verified: " + Hint());
        Check(settled == 0, "what the screen says settles nothing");
        Click("settle");
        WaitFree("settled");
        Check(settled == 1 && Hint().Contains("已完成"), "settled: " + Hint());
        Check(!IsEnabled("settle"), "a second click settles nothing");
        Type("token", "");
        Type("token", "auto1-form-" + tag);
        Check(!IsEnabled("settle"), "nor does the same code once more");

        // Checked at the terminal; and that counts for nobody else.
        Type("token", "pwd-offline-" + tag);
        Check(IsEnabled("settle"), "another patient");
        On(delegate { return ((CheckBox)Named("offline")).Checked = true; });
        Click("settle");
        WaitFree("settled");
        Check(settled == 2, "settled after the offline check: " + Hint());
        Type("token", "pwd-next-" + tag);
        Click("settle");
        WaitFree("the gate");
        Check(settled == 2, "the next patient is checked, too: " + Hint());
        Type("token", "");
        Click("settle");
        Check(settled == 2 && Hint().Contains("扫码"), "nobody is settled: " + Hint());

        // The hospital's own program fails.
        isBroken = true;
        Type("token", "auto1-broken-" + tag);
        Click("check");
        WaitFree("verified");
        Click("settle");
        WaitFree("a settlement that fails");
        isBroken = false;
        Check(settled == 3 && Hint().Contains("信息科"), "is said: " + Hint());

        // What was scanned is nothing; what was typed is no amount.
        Type("token", "");
        Click("check");
        Check(IsEnabled("check") && Hint().Contains("扫码"), "nothing scanned: " + Hint());
        Type("token", "signed-form-" + tag);
        Type("amount", "12.345");
        Click("pay");
        Check(IsEnabled("pay") && Hint().Contains("两位小数"), "no amount: " + Hint());

        Type("serial", "");
        Type("amount", "12.30");
        Click("pay");
        Check(IsEnabled("pay") && Hint().Contains("流水号"), "no serial number: " + Hint());

        // One whose code cannot pay is told why.
        Type("token", "unsigned-form-" + tag);
        Check(On(delegate { return Named("amount").Text; }) == "", "the bill is another patient's");
        Type("serial", "SN-F0-" + tag);
        Type("amount", "12.30");
        Click("pay");
        WaitFree("unsigned");
        Check(Hint().Contains("没有扣款") && Hint().Contains("未签约"), "why not: " + Hint());

        // A payment, once.
        Type("token", "signed-form-" + tag);
        Type("serial", "SN-F1-" + tag);
        Type("amount", "12.30");
        Click("pay");
        Check(!IsEnabled("cancel"), "a charge is not called off halfway");
        WaitFree("paid");
        Check(Hint().Contains("已付款 12.30"), "paid: " + Hint());
        Picture("paid");
        Click("pay");
        WaitFree("paid already");
        Check(Hint().Contains("已付款 12.30"), "not twice: " + Hint());

        Type("amount", "12.40");
        Click("pay");
        Check(IsEnabled("pay") && Hint().Contains("12.30"), "another amount is another bill: " + Hint());
        Click("confirm");
        Check(IsEnabled("confirm") && Hint().Contains("核对流水号"), "nothing is open: " + Hint());

        // The channel falls silent in the middle: nobody knows, until it says so.
        Mode("silent-after");
        Type("serial", "SN-F2-" + tag);
        Type("amount", "8.00");
        Click("pay");
        WaitFree("a silent channel");
        Check(Hint().Contains("结果不明"), "nobody knows: " + Hint());
        Picture("unknown");
        Mode("normal");
        Click("confirm");
        WaitFree("the channel's word");
        Check(Hint().Contains("已付款 8.00"), "it was charged: " + Hint());

        // While money is moved the window stays.
        Type("token", "signed-fault.slow-300@cert-" + tag);
        Type("serial", "SN-F3-" + tag);
        Type("amount", "8.00");
        Click("pay");
        form.Invoke((Action)delegate { form.Close(); });
        WaitFree("a payment");
        Check(!isClosed && Hint().Contains("已付款 8.00"), "what came of it is seen: " + Hint());

        // The window closes when its call has ended, and not before.
        Type("token", "pwd-closes-" + tag);
        Click("check");
        Wait("the countdown", delegate { return Hint().Contains("还有"); });
        form.Invoke((Action)delegate
        {
            form.Close();
            Check(!isClosed, "it waits for its call");
        });
        // That it closes ends the program.
    }

    private static Control Named(string name)
    {
        return form.Controls.Find(name, true)[0];
    }

    private static T On<T>(Func<T> work)
    {
        return (T)form.Invoke(work);
    }

    private static void Type(string box, string text)
    {
        form.Invoke((Action)delegate { Named(box).Text = text; });
    }

    private static void Click(string button)
    {
        form.Invoke((Action)delegate
        {
            Check(Named(button).Enabled, button + " can be pressed");
            ((Button)Named(button)).PerformClick();
        });
    }

    private static bool IsEnabled(string name)
    {
        return On(delegate { return Named(name).Enabled; });
    }

    private static string Hint()
    {
        return On(delegate { return Named("hint").Text; });
    }

    private static void WaitFree(string what)
    {
        Wait(what, delegate { return IsEnabled("check"); });
    }

    private static void Wait(string what, Func<bool> holds)
    {
        for (int i = 0; !holds(); i++)
        {
            if (i == 3000)
            {
                throw new TimeoutException(what + ": " + Hint());
            }
            Thread.Sleep(20);
        }
    }

    private static void Picture(string name)
    {
        form.Invoke((Action)delegate
        {
            form.Refresh();
            Application.DoEvents();
            Rectangle window = form.RectangleToScreen(form.ClientRectangle);
            using (Bitmap picture = new Bitmap(window.Width, window.Height))
            using (Graphics graphics = Graphics.FromImage(picture))
            {
                graphics.CopyFromScreen(window.Location, Point.Empty, window.Size);
                picture.Save(Path.Combine(directory, name + ".png"), ImageFormat.Png);
            }
        });
    }

    private static void Mode(string mode)
    {
        using (WebClient client = new WebClient())
        {
            client.Headers["Content-Type"] = "application/json";
            client.UploadString("http://" + channel + "/sandbox/channel/mode", EvoucherJson.Object("mode", mode));
        }
    }

    private static void Check(bool holds, string what)
    {
        checks++;
        if (!holds)
        {
            failures++;
            Console.WriteLine("FAILED: " + what);
        }
    }
}
