// The two flows, by hand, as a cashier's program runs them.
//
//   Program @evoucher.json password TOKEN TOTAL_AMOUNT
//   Program @evoucher.json pay TOKEN OWN_PAY_AMOUNT SERIAL_NUMBER
//
// and the password check as one call that waits for the patient, until Enter cancels it:
//
//   Program @evoucher.json wait TOKEN
//
// It ends with 0 when the settlement may go on, or the amount may be charged; with 1 when not: a reply's Next says which.

using System;
using System.Diagnostics;
using System.Threading;
using Evoucher;

internal static class Program
{
    private static int Main(string[] arguments)
    {
        if (arguments.Length == 4 && arguments[1] == "password")
        {
            return Guarded(arguments[0], client => Password(client, arguments[2], arguments[3]));
        }
        if (arguments.Length == 5 && arguments[1] == "pay")
        {
            return Guarded(arguments[0], client => Pay(client, arguments[2], arguments[3], arguments[4]));
        }
        if (arguments.Length == 3 && arguments[1] == "wait")
        {
            return Guarded(arguments[0], client => Wait(client, arguments[2]));
        }
        Console.Error.WriteLine("Program @evoucher.json password TOKEN TOTAL_AMOUNT");
        Console.Error.WriteLine("Program @evoucher.json pay TOKEN OWN_PAY_AMOUNT SERIAL_NUMBER");
        Console.Error.WriteLine("Program @evoucher.json wait TOKEN");
        return 2;
    }

    // One client for the whole program. Only a configuration that cannot be used is an exception.
    private static int Guarded(string config, Func<EvoucherClient, bool> flow)
    {
        try
        {
            using (EvoucherClient client = new EvoucherClient(config))
            {
                return flow(client) ? 0 : 1;
            }
        }
        catch (EvoucherException error)
        {
            Console.Error.WriteLine(error.Message);
            return 1;
        }
    }

    // 线上密码核验: notify, then ask until the patient has verified. Only "settle" lets the settlement go on.
    private static bool Password(EvoucherClient client, string token, string totalAmount)
    {
        EvoucherReply reply = client.TokenPwdCheckNotc(
            EvoucherJson.Object("token", token, "totalAmount", totalAmount));
        Show("notify", reply);
        Stopwatch clock = Stopwatch.StartNew();
        while (reply.Next == "wait" && clock.Elapsed < TimeSpan.FromMinutes(2))
        {
            Thread.Sleep(2000);
            reply = client.TokenPwdStas(EvoucherJson.Object("token", token));
            Show("status", reply);
        }
        return reply.Next == "settle";
    }

    // The same as one call, which Enter cancels, however early. A form would use VerifyPasswordAsync, a label, and a
    // button that calls the client's Cancel.
    private static bool Wait(EvoucherClient client, string token)
    {
        CancellationTokenSource cancellation = new CancellationTokenSource();
        Thread keys = new Thread(delegate()
        {
            if (Console.ReadLine() != null)
            {
                cancellation.Cancel();
            }
        });
        keys.IsBackground = true;
        keys.Start();
        Stopwatch clock = Stopwatch.StartNew();
        Action<string> progress = delegate(string step)
        {
            Console.WriteLine("waiting for the patient, {0} s (Enter: cancel)", (int)clock.Elapsed.TotalSeconds);
        };
        EvoucherReply reply = client.VerifyPassword(
            EvoucherJson.Object("token", token), progress, cancellation.Token);
        Show("verify", reply);
        return reply.Next == "settle";
    }

    // 一码付: status, then the certificate for exactly the amount that will be charged.
    private static bool Pay(EvoucherClient client, string token, string amount, string serialNumber)
    {
        EvoucherReply reply = client.SignedQuery(EvoucherJson.Object("token", token));
        Show("signed", reply);
        if (reply.Next != "get_certificate")
        {
            return false;
        }
        string request = EvoucherJson.Object(
            "token", token, "ownPaySetlAmt", amount, "fixmedinsTrnsSn", serialNumber);
        reply = client.GenPayCert(request);
        Show("certificate", reply);
        if (reply.Next == "retry")
        {
            // Nobody knows whether it was issued: the same serial number and amount again, never new ones.
            reply = client.GenPayCert(request);
            Show("certificate", reply);
        }
        if (reply.Next != "charge")
        {
            return false;
        }
        // What comes next, so that nobody pays twice, is Payment.cs.
        Console.WriteLine("charge {0} at {1} with {2}", amount, reply.Field("data.payChnlName"), reply.Field("data.payCert"));
        return true;
    }

    private static void Show(string step, EvoucherReply reply)
    {
        Console.WriteLine("{0}: {1} (next: {2}, {3}), {4} {5}",
            step, reply.Hint, reply.Next, EvoucherNext.Label(reply.Next), reply.Code, reply.Message);
    }
}
