// A C# program against the simulated centre: Joint DIRECTORY TAG.
//
// DIRECTORY holds evoucher.json (charset utf-8), refused.json and other-charset.json; TAG makes this run's tokens its own.

using System;
using System.Threading;
using System.Threading.Tasks;
using Evoucher;

internal static class Joint
{
    private static int checks, failures;
    private static string directory, tag;

    private static int Main(string[] arguments)
    {
        if (arguments.Length != 2)
        {
            return 2;
        }
        directory = arguments[0];
        tag = arguments[1];
        try
        {
            using (EvoucherClient client = Open("evoucher.json"))
            {
                Flows(client);
                WholeFlows(client);
                Troubles(client);
                Mistakes(client);
                Texts(client);
                Threads(client);
            }
            Closing();
        }
        catch (Exception error)
        {
            Check(false, error.ToString());
        }
        Console.WriteLine("{0} checks, {1} failed", checks, failures);
        return failures == 0 && checks > 0 ? 0 : 1;
    }

    private static void Flows(EvoucherClient client)
    {
        Expect("notify", client.TokenPwdCheckNotc(Request("auto2", "totalAmount", "100.00")), 0, "wait");
        Expect("status", client.TokenPwdStas(Request("auto2")), 0, "wait");
        EvoucherReply reply = client.TokenPwdStas(Request("auto2"));
        Expect("status", reply, 0, "settle");
        Check(reply.Field("data.checkStas") == "1", "checkStas");
        Expect("no password", client.TokenPwdCheckNotc(Request("nopwd")), 500320, "settle");

        reply = client.SignedQuery(Request("signed"));
        Expect("signed", reply, 0, "get_certificate");
        Check(reply.Field("data.payChnlUserName") == "张*三", "Chinese from the centre: " + reply.Json);
        reply = client.GenPayCert(Request("signed", "ownPaySetlAmt", "12.30", "fixmedinsTrnsSn", "SN-1"));
        Expect("certificate", reply, 0, "charge");
        Check(reply.Field("data.payCert").StartsWith("PC"), "payCert");
        Expect("unsigned", client.SignedQuery(Request("unsigned")), 0, "other_payment");
        Expect("by name", client.Call("signedQuery", Request("codem6")), -6, "retry_later");
        Check(reply.Field("data.nothing") == null, "a field that is not there");
    }

    private static void WholeFlows(EvoucherClient client)
    {
        int steps = 0;
        EvoucherReply reply = client.VerifyPassword(Request("auto1-flow"), delegate(string step)
        {
            steps++;
            Check(step.StartsWith("{"), "a step: " + step);
        });
        Expect("verify", reply, 0, "settle");
        Check(steps > 1, "progress was told of " + steps + " steps");
        Expect("cannot verify", client.VerifyPassword(Request("code500003"), null), 500003, "other_app");
        bool cancelled = Throws<InvalidOperationException>(delegate
        {
            client.VerifyPassword(Request("pwd-flow"), delegate { throw new FormatException("enough"); });
        });
        Check(cancelled, "an exception of progress cancels");

        string gate = Request("auto1-flow", "settlement", true, "credential", "qrcode", "method", "online");
        Expect("gate", client.SettleGate(gate), 0, "settle");
        gate = Request("pwd-flow", "settlement", true, "credential", "qrcode", "method", "online");
        Check(client.SettleGate(gate).Code == EvoucherCode.NotAllowed, "the gate stays shut");
        string pay = Request("signed-flow", "ownPaySetlAmt", "12.30", "fixmedinsTrnsSn", "SN-flow-" + tag);
        Expect("pay", client.OneCodePayAsync(pay, null).Result, 0, "charge");
        Check(client.OneCodePay(Request("unsigned-flow", "ownPaySetlAmt", "12.30", "fixmedinsTrnsSn", "SN-no-" + tag), null).Code
            == EvoucherCode.CannotPay, "not signed up");
        Check(client.CheckSetup().Code == 0, "self-test: " + client.CheckSetup().Json);
    }

    private static void Troubles(EvoucherClient client)
    {
        EvoucherReply reply = client.GenPayCert(
            Request("signed-fault.half", "ownPaySetlAmt", "12.30", "fixmedinsTrnsSn", "SN-2"));
        Expect("half a reply", reply, EvoucherCode.ConnectionLost, "retry");
        Check(reply.Delivery == "unknown", "delivery of half a reply");
        Expect("another key", client.SignedQuery(Request("signed-fault.wrong-key")), EvoucherCode.Decrypt, "fix_setup");
        using (EvoucherClient other = Open("refused.json"))
        {
            reply = other.TokenPwdCheckNotc(Request("auto1"));
            Expect("nobody there", reply, EvoucherCode.Connect, "offline_check");
            Check(reply.Delivery == "not_sent", "delivery to nobody");
        }
    }

    private static void Mistakes(EvoucherClient client)
    {
        EvoucherException error = Thrown(delegate { new EvoucherClient("{\"orgId\":\"x\"}"); });
        Check(error.Code == EvoucherCode.InvalidConfig, "a configuration without an address");
        Check(error.Message.Contains("localUrl"), "the field is named: " + error.Message);
        Check(!error.Message.Contains("\\u"), "the message can be read: " + error.Message);

        error = Thrown(delegate { client.SignedQuery("{}"); });
        Check(error.Code == EvoucherCode.InvalidRequest, "a request without a token");
        Check(error.Message.Contains("token"), "the field is named: " + error.Message);
        error = Thrown(delegate { client.Call("noSuchService", "{}"); });
        Check(error.Code == EvoucherCode.UnknownService, "no such service");

        Check(Throws<ArgumentException>(delegate { client.SignedQuery("{\"token\":\"\0\"}"); }), "a NUL in a request");
        Check(Throws<ArgumentNullException>(delegate { client.SignedQuery(null); }), "no request");
        Check(Throws<InvalidOperationException>(delegate { Open("other-charset.json"); }), "another charset");
    }

    private static void Texts(EvoucherClient client)
    {
        string text = EvoucherJson.Object("orgName", "测试誠\"\\\t", "left out", null);
        EvoucherReply envelope = client.Seal(text);
        Check(envelope.Code == 0, "seal");
        EvoucherReply reply = client.Unseal(envelope.Field("data.encData"));
        Check(reply.Field("data.text") == text, "sealed and opened: " + reply.Json);
        Check(!text.Contains("left out"), "null is left out");
        Check(client.Explain(500320).Field("data.code") == "500320", "explain");
        Check(client.Dictionary("idType").Json.Length > 200, "dictionary");
        Check(EvoucherClient.Version().Contains("\"build\":\"release\""), "version: " + EvoucherClient.Version());

        // More than fits the first buffer.
        text = EvoucherJson.Object("long", new string('x', 20000));
        reply = client.Unseal(client.Seal(text).Field("data.encData"));
        Check(reply.Field("data.text") == text, "a reply longer than the buffer");
    }

    private static void Threads(EvoucherClient client)
    {
        Task<EvoucherReply>[] tasks = new Task<EvoucherReply>[20];
        for (int i = 0; i < tasks.Length; i++)
        {
            tasks[i] = client.SignedQueryAsync(Request("signed-" + i));
        }
        Task.WaitAll(tasks);
        foreach (Task<EvoucherReply> task in tasks)
        {
            Expect("on another thread", task.Result, 0, "get_certificate");
        }

        // Cancel touches only what is under way, so it is asked for until the call is.
        Task<EvoucherReply> silent = client.SignedQueryAsync(Request("signed-fault.silence"));
        while (!silent.Wait(5))
        {
            client.Cancel(null);
        }
        Check(silent.Result.Code == EvoucherCode.Cancelled, "a cancelled call");
    }

    private static void Closing()
    {
        EvoucherClient client = Open("evoucher.json");
        Expect("before the end", client.SignedQuery(Request("signed-last")), 0, "get_certificate");
        client.Dispose();
        client.Dispose();
        Check(Throws<ObjectDisposedException>(delegate { client.SignedQuery(Request("signed")); }), "a closed client");
    }

    private static EvoucherClient Open(string name)
    {
        return new EvoucherClient("@" + directory + "/" + name);
    }

    private static string Request(string words, params object[] more)
    {
        object[] all = new object[more.Length + 2];
        all[0] = "token";
        all[1] = words + "-" + tag;
        more.CopyTo(all, 2);
        return EvoucherJson.Object(all);
    }

    private static void Expect(string step, EvoucherReply reply, int code, string next)
    {
        Check(reply.Code == code && reply.Next == next, step + ": " + reply.Json);
    }

    private static EvoucherException Thrown(Action action)
    {
        try
        {
            action();
        }
        catch (EvoucherException error)
        {
            return error;
        }
        throw new InvalidOperationException("nothing was thrown");
    }

    private static bool Throws<T>(Action action) where T : Exception
    {
        try
        {
            action();
        }
        catch (T)
        {
            return true;
        }
        return false;
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
