// A cashier's window at the console, with both conversations, a settlement behind each check, and a payment that is made
// once: the smallest program that passes the acceptance run of evoucher-sandbox. docs/acceptance.md has the run.
//
//   Cashier @evoucher.json CHANNEL BILLS
//
// CHANNEL and BILLS are Payment.cs's. Each line of input is something that the cashier does, and what the window would
// show is printed. Nothing waits for the centre here: all work is done on other threads, as in a form.
//
//   check TOKEN TOTAL WINDOW        线上密码核验: has the patient confirm; TOTAL of the pre-settlement, or -
//   cancel TOKEN                    the cashier does not wait any longer
//   settle TOKEN CREDENTIAL METHOD [checked]   医保结算. CREDENTIAL: qrcode, card, terminal_face; METHOD: online, terminal,
//                                   library; "checked" where the terminal or the library has checked the password
//   service TOKEN                   anything that is no settlement
//   pay SERIAL AMOUNT TOKEN         一码付 of a bill
//   bills                           what the window shows of the bills

using System;
using System.Collections.Generic;
using System.IO;
using System.Threading.Tasks;
using Evoucher;

internal static class Cashier
{
    private static int Main(string[] arguments)
    {
        if (arguments.Length != 3)
        {
            Console.Error.WriteLine("Cashier @evoucher.json CHANNEL BILLS");
            return 2;
        }
        try
        {
            // One client for the whole program.
            using (EvoucherClient client = new EvoucherClient(arguments[0]))
            {
                new Window(client, new Channel(arguments[1]), new Bills(arguments[2])).Run();
            }
            return 0;
        }
        catch (EvoucherException error)
        {
            Console.Error.WriteLine(error.Message);
            return 2;
        }
        catch (DllNotFoundException error)
        {
            Console.Error.WriteLine("evoucher.dll (libevoucher.so on Linux) is not beside this program: {0}", error.Message);
            return 2;
        }
    }
}

internal sealed class Window
{
    private readonly EvoucherClient client;
    private readonly Channel channel;
    private readonly Bills bills;
    private readonly HashSet<string> busy = new HashSet<string>(); // the bills that are being paid
    private readonly List<Task> works = new List<Task>(); // what is under way

    internal Window(EvoucherClient client, Channel channel, Bills bills)
    {
        this.client = client;
        this.channel = channel;
        this.bills = bills;
    }

    internal void Run()
    {
        // What an earlier run left open comes first: until it is known, nobody may be charged for it.
        foreach (Bill open in bills.Open())
        {
            Payment.ClearUp(client, channel, bills, open);
        }
        Console.WriteLine("ready");
        for (string line = Console.ReadLine(); line != null; line = Console.ReadLine())
        {
            string[] words = line.Split(' ');
            if (words.Length < WordsOf(words[0]))
            {
                Console.WriteLine("{0} wants {1} words after it", words[0], WordsOf(words[0]) - 1);
                continue;
            }
            switch (words[0])
            {
                case "check":
                    Work(words[1], () => Check(words[1], words[2], words[3]));
                    break;
                case "cancel":
                    client.Cancel(words[1]);
                    break;
                case "settle":
                    Work(words[1], () => Settle(words[1], words[2], words[3], words.Length > 4));
                    break;
                case "service":
                    Work(words[1], () => Service(words[1]));
                    break;
                case "pay":
                    Pay(words[1], words[2], words[3]);
                    break;
                case "bills":
                    Console.WriteLine("bills {0}", bills.Open().Count);
                    break;
                default:
                    Console.WriteLine("unknown {0}", words[0]);
                    break;
            }
        }
        // A window that closes: cancel, wait for the calls, then go.
        client.Cancel(null);
        lock (works)
        {
            Task.WaitAll(works.ToArray());
        }
    }

    private static int WordsOf(string command)
    {
        switch (command)
        {
            case "check":
            case "settle":
            case "pay":
                return 4;
            case "cancel":
            case "service":
                return 2;
            default:
                return 1;
        }
    }

    // On another thread, so that the window stays usable. A mistake in the program is shown, and ends nothing else.
    private void Work(string who, Action work)
    {
        Task task = Task.Factory.StartNew(delegate()
        {
            try
            {
                work();
            }
            catch (EvoucherException error)
            {
                Console.WriteLine("error {0} {1}", who, error.Message);
            }
            catch (IOException error)
            {
                // What cannot be noted is not done.
                Console.WriteLine("error {0} {1}", who, error.Message);
            }
        }, TaskCreationOptions.LongRunning);
        lock (works)
        {
            works.RemoveAll(done => done.IsCompleted);
            works.Add(task);
        }
    }

    // Notifies the patient and asks until the password is verified, it is cancelled, or time is out.
    private void Check(string token, string total, string window)
    {
        EvoucherReply reply = client.VerifyPassword(
            EvoucherJson.Object("token", token, "totalAmount", total == "-" ? null : total, "devId", window),
            delegate(string step)
            {
                // The notice is out: each step from now on is a question whether the patient has confirmed.
                if (step.Contains("tokenPwdStas"))
                {
                    Console.WriteLine("waiting {0}", token);
                }
            });
        Show("checked", token, reply);
    }

    // The gate asks the centre itself, at the last moment, and only where that is the way. Its yes is the only one.
    private void Settle(string token, string credential, string method, bool isChecked)
    {
        EvoucherReply reply = client.SettleGate(EvoucherJson.Object("settlement", true, "credential", credential,
            "method", method, "offlineVerified", isChecked, "token", token));
        if (reply.Next == EvoucherNext.Settle)
        {
            // Here the insurance settlement is made.
            Console.WriteLine("settled {0}", token);
            return;
        }
        Show("refused", token, reply);
    }

    private void Service(string token)
    {
        EvoucherReply reply = client.SettleGate(EvoucherJson.Object("settlement", false, "token", token));
        Console.WriteLine(reply.Next == EvoucherNext.Settle ? "served {0}" : "refused {0}", token);
    }

    private void Pay(string serial, string amount, string token)
    {
        if (amount.Trim('0', '.') == "")
        {
            Console.WriteLine("ended {0} nothing-to-pay", serial);
            return;
        }
        Bill bill = bills.FindOrAdd(serial, amount);
        if (bill.Amount != amount)
        {
            Console.WriteLine("ended {0} another-amount-is-another-bill", serial);
            return;
        }
        lock (busy)
        {
            // A second click on "pay".
            if (!busy.Add(serial))
            {
                Console.WriteLine("busy {0}", serial);
                return;
            }
        }
        Work(serial, delegate()
        {
            try
            {
                if (bill.State == "asking" || bill.State == "charging")
                {
                    Payment.ClearUp(client, channel, bills, bill);
                }
                if (bill.State == "unpaid")
                {
                    Payment.Pay(client, channel, bills, bill, token);
                }
            }
            finally
            {
                lock (busy)
                {
                    busy.Remove(serial);
                }
                Console.WriteLine("ended {0} {1}", serial, bill.State);
            }
        });
    }

    // What the cashier sees: what to do next, why, and what the centre said.
    private static void Show(string what, string token, EvoucherReply reply)
    {
        Console.WriteLine("{0} {1} {2} {3} {4}", what, token, reply.Next, reply.Hint, reply.Message);
    }
}
