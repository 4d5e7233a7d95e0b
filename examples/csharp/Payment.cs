// A payment that is made once, whenever the power fails: one-code pay, the charge at the payment channel, and what
// became of it. docs/no-double-charge.zh-CN.md explains each step.
//
//   Payment @evoucher.json CHANNEL BILLS [SERIAL_NUMBER OWN_PAY_AMOUNT TOKEN]
//
// The configuration has "journal" and, in "defaults", who asks. CHANNEL is the payment channel's address, such as
// "127.0.0.1:18080" of evoucher-sandbox: replace the class Channel by your channel's own interface. BILLS is the file of
// bills, which stands for your database. First it clears up what an earlier run left open; then, if there is a bill, it
// pays it. The serial number is the bill's own, made with the bill and never again.
//
// Ends with 0 when all is paid, 1 when the bill is certainly not paid, 2 when it could not work, and 3 when nobody knows
// yet: then take no money for that bill, and start it again later.

using System;
using System.Collections.Generic;
using System.IO;
using System.Net;
using System.Text;
using System.Threading;
using Evoucher;

internal static class Payment
{
    // How many replies of the library are followed for one bill, before somebody has to look at it.
    private const int Rounds = 6;

    private static int Main(string[] arguments)
    {
        bool hasBill = arguments.Length == 6 && arguments[3].IndexOfAny("\t\r\n".ToCharArray()) < 0;
        if (arguments.Length != 3 && !hasBill)
        {
            Console.Error.WriteLine("Payment @evoucher.json CHANNEL BILLS [SERIAL_NUMBER OWN_PAY_AMOUNT TOKEN]");
            return 2;
        }
        try
        {
            using (EvoucherClient client = new EvoucherClient(arguments[0]))
            {
                return Run(client, new Channel(arguments[1]), new Bills(arguments[2]), arguments);
            }
        }
        catch (EvoucherException error)
        {
            Console.Error.WriteLine(error.Message);
            return 2;
        }
        catch (IOException error)
        {
            // What cannot be noted is not done.
            Console.Error.WriteLine(error.Message);
            return 2;
        }
    }

    private static int Run(EvoucherClient client, Channel channel, Bills bills, string[] arguments)
    {
        foreach (Bill open in bills.Open())
        {
            ClearUp(client, channel, bills, open);
        }
        Bill bill = null;
        if (arguments.Length == 6)
        {
            bill = bills.FindOrAdd(arguments[3], arguments[4]);
            if (bill.Amount != arguments[4])
            {
                Console.WriteLine("{0} is a bill of {1}: another amount is another bill", bill.Serial, bill.Amount);
                return 2;
            }
            if (bill.State == "unpaid")
            {
                Pay(client, channel, bills, bill, arguments[5]);
            }
        }
        if (bills.Open().Count > 0)
        {
            return 3;
        }
        return bill == null || bill.State == "paid" ? 0 : 1;
    }

    // Goes by Next until the bill is paid, certainly not paid, or somebody has to look at it. Gives the last reply, for its Hint.
    internal static EvoucherReply Pay(EvoucherClient client, Channel channel, Bills bills, Bill bill, string token)
    {
        bills.Note(bill, "asking");
        EvoucherReply reply = Ask(client, bill, token);
        EvoucherOutcome outcome = EvoucherOutcome.Failed; // nothing was charged yet
        for (int round = 0; round < Rounds; round++)
        {
            switch (reply.Next)
            {
                case EvoucherNext.Charge:
                    bills.Note(bill, "charging"); // before the channel hears of it
                    outcome = channel.Charge(reply.Field("data.payCert"), bill);
                    // Whatever it was; the reply's Next says how to go on.
                    reply = Report(client, bill, outcome);
                    if (outcome == EvoucherOutcome.Paid)
                    {
                        bills.Note(bill, "paid");
                        return reply;
                    }
                    if (outcome == EvoucherOutcome.Failed && reply.Next == EvoucherNext.Retry)
                    {
                        bills.Note(bill, "unpaid"); // no money in the account: the patient decides what now
                        return reply;
                    }
                    break;
                case EvoucherNext.ConfirmCharge:
                    outcome = channel.Confirm(bill);
                    Report(client, bill, outcome);
                    if (outcome == EvoucherOutcome.Paid)
                    {
                        bills.Note(bill, "paid");
                        return reply;
                    }
                    Thread.Sleep(1000);
                    reply = Ask(client, bill, token);
                    break;
                case EvoucherNext.AlreadyPaid:
                    bills.Note(bill, "paid");
                    return reply;
                case EvoucherNext.Retry:
                case EvoucherNext.RetryLater:
                    Thread.Sleep(1000);
                    reply = Ask(client, bill, token); // the same serial number, the same amount
                    break;
                default:
                    round = Rounds; // what is not known means neither
                    break;
            }
        }
        if (outcome == EvoucherOutcome.Unknown)
        {
            return reply; // whatever the library says, the channel has not said that nothing was charged
        }
        switch (reply.Next)
        {
            // Only where it is certain that nothing was charged; all else stays open.
            case EvoucherNext.OtherPayment:
            case EvoucherNext.Rescan:
            case EvoucherNext.Retry:
            case EvoucherNext.FixRequest:
                bills.Note(bill, "unpaid");
                break;
        }
        return reply;
    }

    // When the program starts: the power may have failed at any moment of Pay.
    internal static EvoucherReply ClearUp(EvoucherClient client, Channel channel, Bills bills, Bill bill)
    {
        EvoucherOutcome outcome = channel.Confirm(bill);
        EvoucherReply reply = Report(client, bill, outcome);
        if (outcome == EvoucherOutcome.Paid || reply.Next == EvoucherNext.AlreadyPaid)
        {
            bills.Note(bill, "paid");
        }
        else if (outcome == EvoucherOutcome.Failed && reply.Next == EvoucherNext.Retry)
        {
            bills.Note(bill, "unpaid"); // the patient may pay it now: the same serial number
        }
        return reply;
    }

    // Tells the library what the channel said.
    private static EvoucherReply Report(EvoucherClient client, Bill bill, EvoucherOutcome outcome)
    {
        Console.WriteLine("report {0}", outcome.ToString().ToLowerInvariant());
        return client.ReportCharge(null, bill.Serial, bill.Amount, outcome);
    }

    // Asks for a certificate; for a bill that was asked for before, the same question says where it stands. The serial
    // number and the amount are the bill's, every time. In a form: OneCodePayAsync.
    private static EvoucherReply Ask(EvoucherClient client, Bill bill, string token)
    {
        EvoucherReply reply = client.OneCodePay(
            EvoucherJson.Object("token", token, "ownPaySetlAmt", bill.Amount, "fixmedinsTrnsSn", bill.Serial), null);
        Console.WriteLine("next {0}", reply.Next);
        Console.WriteLine("hint {0} {1}", reply.Hint, reply.Message);
        if (!string.IsNullOrEmpty(reply.Field("data.payChnlUserName")))
        {
            // Shown, never compared: a child's bill is paid from a parent's account (A 1.4.3.3 (4)).
            Console.WriteLine("account {0}", reply.Field("data.payChnlUserName"));
        }
        return reply;
    }
}

internal sealed class Bill
{
    internal string Serial;
    internal string Amount;
    internal string State; // "asking", "charging": open; "unpaid": certainly not charged; "paid"
}

// Your database: what is noted here is on the disk before the next step is taken. Any thread may note. This file is one
// program's: in a database lock the bill and read its state there, since another window may have it open.
internal sealed class Bills
{
    private readonly string path;
    private readonly List<Bill> bills = new List<Bill>();

    internal Bills(string path)
    {
        this.path = path;
        string text = File.Exists(path) ? File.ReadAllText(path) : "";
        // Behind the last line end is half a line: a step that was not taken.
        string[] lines = text.Split('\n');
        for (int i = 0; i < lines.Length - 1; i++)
        {
            string[] words = lines[i].Split('\t');
            if (words.Length == 3)
            {
                FindOrAdd(words[0], words[1]).State = words[2];
            }
        }
        if (lines[lines.Length - 1] != "")
        {
            Append("\n");
        }
    }

    internal List<Bill> Open()
    {
        lock (bills)
        {
            return bills.FindAll(bill => bill.State != "paid" && bill.State != "unpaid");
        }
    }

    internal Bill FindOrAdd(string serial, string amount)
    {
        lock (bills)
        {
            Bill found = bills.Find(bill => bill.Serial == serial);
            if (found == null)
            {
                found = new Bill { Serial = serial, Amount = amount, State = "unpaid" };
                bills.Add(found);
            }
            return found;
        }
    }

    internal void Note(Bill bill, string state)
    {
        lock (bills)
        {
            bill.State = state;
            Append(bill.Serial + "\t" + bill.Amount + "\t" + state + "\n");
        }
        Console.WriteLine("{0} {1}", bill.Serial, state);
    }

    private void Append(string line)
    {
        using (FileStream file = new FileStream(path, FileMode.Append, FileAccess.Write, FileShare.Read))
        {
            byte[] bytes = Encoding.UTF8.GetBytes(line);
            file.Write(bytes, 0, bytes.Length);
            file.Flush(true);
        }
    }
}

// The payment channel. This one is evoucher-sandbox's: replace it by your channel's own interface, and keep what it
// promises. Paid and Failed are the channel's final word; all else is Unknown: no answer, one that is not understood,
// "in progress".
internal sealed class Channel
{
    private readonly string address;

    internal Channel(string address)
    {
        this.address = "http://" + address + "/sandbox/channel/";
    }

    // Charges this amount with this certificate, once.
    internal EvoucherOutcome Charge(string certificate, Bill bill)
    {
        string answer = Post("charge", EvoucherJson.Object(
            "payCert", certificate, "amount", bill.Amount, "fixmedinsTrnsSn", bill.Serial));
        if (answer.Contains("\"charged\":true"))
        {
            return EvoucherOutcome.Paid;
        }
        return answer.Contains("\"reason\":\"insufficient_funds\"") ? EvoucherOutcome.Failed : EvoucherOutcome.Unknown;
    }

    // What became of a charge that nobody knows of? That nothing is charged yet proves nothing while a charge may be on
    // its way: so what is not charged is closed first, and then the channel's word is final.
    internal EvoucherOutcome Confirm(Bill bill)
    {
        string answer = Post("close", EvoucherJson.Object("fixmedinsTrnsSn", bill.Serial));
        if (answer.Contains("\"charged\":true"))
        {
            return EvoucherOutcome.Paid;
        }
        return answer.Contains("\"charged\":false") ? EvoucherOutcome.Failed : EvoucherOutcome.Unknown;
    }

    // "" when there was no whole answer: then nobody knows.
    private string Post(string path, string body)
    {
        try
        {
            HttpWebRequest request = (HttpWebRequest)WebRequest.Create(address + path);
            request.Method = "POST";
            request.ContentType = "application/json";
            request.Timeout = request.ReadWriteTimeout = 3000;
            request.Proxy = null;
            request.KeepAlive = false;
            request.ServicePoint.Expect100Continue = false;
            byte[] bytes = Encoding.UTF8.GetBytes(body);
            using (Stream sent = request.GetRequestStream())
            {
                sent.Write(bytes, 0, bytes.Length);
            }
            using (WebResponse response = request.GetResponse())
            using (StreamReader reader = new StreamReader(response.GetResponseStream(), Encoding.UTF8))
            {
                return reader.ReadToEnd();
            }
        }
        catch (WebException)
        {
            return "";
        }
        catch (IOException)
        {
            return "";
        }
    }
}
