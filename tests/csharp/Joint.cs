// A C# program against the simulated centre: Joint DIRECTORY TAG.
//
// DIRECTORY holds evoucher.json (charset utf-8), refused.json and other-charset.json; TAG makes this run's tokens its own.

using System;
using System.Collections.Generic;
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
                Labels();
                Flows(client);
                WholeFlows(client);
                Troubles(client);
                Mistakes(client);
                MisScans(client);
                Texts(client);
                Threads(client);
                Cancels(client);
                CancelledCalls(client);
                Listeners(client);
                Reports(client);
                JointTyped.Run(client, tag, Check);
            }
            DefaultClient();
            Closing();
        }
        catch (Exception error)
        {
            Check(false, error.ToString());
        }
        Console.WriteLine("{0} checks, {1} failed", checks, failures);
        return failures == 0 && checks > 0 ? 0 : 1;
    }

    private static void Labels()
    {
        Check(EvoucherNext.Label(EvoucherNext.Settle) == "\u7ED3\u7B97", "the label of settle");
        Check(EvoucherNext.Label("a word of a later version") == "a word of a later version", "an unknown word");
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
        reply = client.VerifyPassword(Request("pwd-flow"), delegate { throw new FormatException("enough"); });
        Expect("an exception of progress cancels", reply, EvoucherCode.Cancelled, "resend");
        Check(reply.ProgressError is FormatException, "and is told: " + reply.ProgressError);
        string thrown = Request("signed-thrown", "ownPaySetlAmt", "12.30", "fixmedinsTrnsSn", "SN-thrown-" + tag);
        reply = client.OneCodePay(thrown, delegate(string step)
        {
            if (step.Contains("genPayCert"))
            {
                throw new FormatException("too late");
            }
        });
        Expect("an exception takes no certificate away", reply, 0, "charge");
        Check(reply.ProgressError is FormatException, "it is told, too");

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
        Expect("another key", client.SignedQuery(Request("signed-fault.wrong-key")), EvoucherCode.Decrypt, "other_payment");
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
        IsReadable(error.Message, "localUrl");
        Check(error.Reply.Next == null || error.Reply.Next == "fix_setup", "its next: " + error.Reply.Json);

        error = Thrown(delegate { client.Call("noSuchService", "{}"); });
        Check(error.Code == EvoucherCode.UnknownService, "no such service");
        IsReadable(error.Message, "tokenPwdStas");

        Check(Throws<ArgumentNullException>(delegate { client.SignedQuery(null); }), "no request");
        Check(Throws<ArgumentException>(delegate { EvoucherJson.Object("token"); }), "a name without a value");
        Check(Throws<InvalidOperationException>(delegate { Open("other-charset.json"); }), "another charset");
    }

    // What a scanner or a cashier can bring about is a reply with a Next, and nothing is sent.
    private static void MisScans(EvoucherClient client)
    {
        string[] tokens = { "", new string('1', 41), new string('1', 2000000), "a\0b", "\0", "\uD800", "a\uDC00b" };
        foreach (string token in tokens)
        {
            string what = "a token of " + token.Length + " characters";
            // What is wrong with the token alone is put right by scanning again.
            string next = token.Length == 0 || token.Length == 41 ? "rescan" : "fix_request";
            string request = EvoucherJson.Object(
                "token", token, "ownPaySetlAmt", "12.30", "fixmedinsTrnsSn", "SN-scan-" + tag);
            Refused(what, client.TokenPwdCheckNotc(request), next);
            Refused(what, client.SignedQuery(request), next);
            Refused(what, client.GenPayCertAsync(request).Result, next);
            Refused(what, client.Call("tokenPwdStas", request), next);
            Refused(what, client.VerifyPasswordAsync(request, null).Result, next);
            Refused(what, client.OneCodePay(request, null), next);
            Check(client.Cancel(token) == 0, what + " is nothing to cancel");
        }
        Refused("no token", client.SignedQuery("{}"));
        Refused("a request by hand", client.SignedQuery("{\"token\":\"\0\"}"));
        Refused("an amount that is none", client.OneCodePay(
            Request("signed", "ownPaySetlAmt", "12,30", "fixmedinsTrnsSn", "SN-scan-" + tag), null));
        // These are text like any other, which the centre does not know.
        EvoucherReply reply = client.TokenPwdStas(EvoucherJson.Object("token", "\r\n\t\x1B"));
        Check(reply.Code == 500001 && reply.Next != null && reply.Next != "settle", "control characters: " + reply.Json);
    }

    private static void Refused(string step, EvoucherReply reply, string next = "fix_request")
    {
        Check(EvoucherCode.InvalidRequest <= reply.Code && reply.Code <= EvoucherCode.InvalidArgument
            && reply.Next == next && reply.Delivery == "not_sent" && reply.Message.Length > 0,
            step + ": " + reply.Json);
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
        int ended = 0;
        while (!silent.Wait(5))
        {
            ended += client.Cancel(null);
        }
        Check(silent.Result.Code == EvoucherCode.Cancelled, "a cancelled call");
        Check(ended > 0, "it was counted");
    }

    // Cancel as a cashier does it: before the flow's thread has run, and later.
    private static void Cancels(EvoucherClient client)
    {
        Task<EvoucherReply> verify, other, gate, pay;
        ThreadsWait.Reset();
        ThreadWaits.Value = true;
        verify = client.VerifyPasswordAsync(Request("pwd-early"), null);
        other = client.VerifyPasswordAsync(Request("auto1-kept"), null);
        pay = client.OneCodePayAsync(
            Request("signed-early", "ownPaySetlAmt", "12.30", "fixmedinsTrnsSn", "SN-early-" + tag), null);
        gate = client.SettleGateAsync(
            Request("nopwd-early", "settlement", true, "credential", "qrcode", "method", "online"));
        ThreadWaits.Value = false;
        Check(client.Cancel("nobody-" + tag) == 0, "nobody's token");
        Check(client.Cancel("pwd-early-" + tag) == 1, "one flow is cancelled before it ran");
        Check(client.Cancel("pwd-early-" + tag) == 0, "and only once");
        Check(client.Cancel("signed-early-" + tag) == 1, "another");
        Check(client.Cancel("nopwd-early-" + tag) == 1, "and the gate");
        ThreadsWait.Set();
        Expect("cancelled early", verify.Result, EvoucherCode.Cancelled, "resend");
        Check(verify.Result.Delivery == "not_sent", "nothing was sent: " + verify.Result.Json);
        Check(pay.Result.Code == EvoucherCode.Cancelled && pay.Result.Next != "charge", "paid: " + pay.Result.Json);
        Check(gate.Result.Code == EvoucherCode.Cancelled && gate.Result.Next != "settle", "gate: " + gate.Result.Json);
        Expect("not cancelled", other.Result, 0, "settle");

        ThreadsWait.Reset();
        ThreadWaits.Value = true;
        verify = client.VerifyPasswordAsync(Request("pwd-early"), null);
        other = client.VerifyPasswordAsync(Request("pwd-early"), null);
        ThreadWaits.Value = false;
        Check(client.Cancel(null) == 2, "all are cancelled before they ran");
        ThreadsWait.Set();
        Check(verify.Result.Code == EvoucherCode.Cancelled && other.Result.Code == EvoucherCode.Cancelled, "both");

        // A flow under way: its first event has been.
        ManualResetEvent begun = new ManualResetEvent(false);
        verify = client.VerifyPasswordAsync(Request("pwd-later"), delegate { begun.Set(); });
        begun.WaitOne();
        Check(client.Cancel("pwd-later-" + tag) == 1, "one flow is cancelled under way");
        Expect("cancelled later", verify.Result, EvoucherCode.Cancelled, "resend");
        Check(client.Cancel(null) == 0, "nothing is left to cancel");

        // The flag of the program's own, before the call and during it.
        CancellationTokenSource cancellation = new CancellationTokenSource();
        cancellation.Cancel();
        EvoucherReply reply = client.VerifyPassword(Request("pwd-early"), null, cancellation.Token);
        Expect("cancelled before the call", reply, EvoucherCode.Cancelled, "resend");
        cancellation = new CancellationTokenSource();
        begun.Reset();
        pay = client.OneCodePayAsync(
            Request("signed-fault.silence", "ownPaySetlAmt", "12.30", "fixmedinsTrnsSn", "SN-later-" + tag),
            delegate { begun.Set(); },
            cancellation.Token);
        begun.WaitOne();
        cancellation.Cancel();
        Expect("cancelled during the call", pay.Result, EvoucherCode.Cancelled, "retry_later");
    }

    // A single call that is cancelled before its thread has run sends nothing; what it answers is what the library would.
    private static void CancelledCalls(EvoucherClient client)
    {
        ThreadsWait.Reset();
        ThreadWaits.Value = true;
        Task<EvoucherReply>[] calls =
        {
            client.TokenPwdCheckNotcAsync(Request("pwd-single")),
            client.TokenPwdStasAsync(Request("pwd-single")),
            client.SignedQueryAsync(Request("pwd-single")),
            client.GenPayCertAsync(Request("pwd-single", "ownPaySetlAmt", "12.30", "fixmedinsTrnsSn", "SN-single-" + tag)),
        };
        Task<EvoucherReply> kept = client.TokenPwdStasAsync(Request("nopwd-kept"));
        ThreadWaits.Value = false;
        Check(client.Cancel("pwd-single-" + tag) == calls.Length, "calls are cancelled before they ran");
        Check(client.Cancel("pwd-single-" + tag) == 0, "and only once");
        ThreadsWait.Set();
        foreach (Task<EvoucherReply> call in calls)
        {
            EvoucherReply reply = call.Result;
            Check(reply.Code == EvoucherCode.Cancelled && reply.Field("code") == "-10009", "cancelled: " + reply.Json);
            Check(reply.Delivery == "not_sent" && reply.Message.Length > 0 && reply.Field("source") == "local",
                "as the library's own: " + reply.Json);
            Check(reply.Next.Length > 0 && reply.Next != "settle" && reply.Next != "charge", "next: " + reply.Json);
        }
        Expect("not cancelled", kept.Result, 500320, "settle");
    }

    private static void Listeners(EvoucherClient client)
    {
        List<string> told = new List<string>();
        Action<string> listener = delegate(string line)
        {
            lock (told)
            {
                told.Add(line);
            }
        };
        Action<string> failing = delegate { throw new FormatException("of a listener"); };
        client.CallEnded += listener;
        client.CallEnded += failing;
        Expect("told", client.TokenPwdStas(Request("nopwd-told")), 500320, "settle");
        // Everything of which a collector could take away is called once more.
        GC.Collect();
        GC.WaitForPendingFinalizers();
        Expect("told of steps", client.VerifyPasswordAsync(Request("auto1-told"), null).Result, 0, "settle");
        client.CallEnded -= failing;
        client.CallEnded -= listener;
        client.TokenPwdStas(Request("nopwd-told"));
        lock (told)
        {
            Check(told.Count == 4, "a call, two steps and their flow: " + told.Count);
            Check(told[0].Contains("\"code\":500320") && told[1].Contains("\"step\":1"), "lines: " + told[0] + told[1]);
        }
    }

    // The program's default client, in three states that its configuration can be in.
    private static void DefaultClient()
    {
        string request = "{\"transType\":\"signedQuery\",\"data\":" + Request("signed-trans") + "}";
        Environment.SetEnvironmentVariable("EVOUCHER_CONFIG", directory + "/nothing.json");
        EvoucherException error = Thrown(delegate { EvoucherClient.Trans(null, request); });
        Check(error.Code == EvoucherCode.InvalidConfig, "a default client without a configuration");
        IsReadable(error.Message, "nothing.json");

        Environment.SetEnvironmentVariable("EVOUCHER_CONFIG", directory + "/other-charset.json");
        Check(Throws<InvalidOperationException>(delegate { EvoucherClient.Trans(null, request); }), "in another charset");
        Native.ev_close(0);

        Environment.SetEnvironmentVariable("EVOUCHER_CONFIG", directory + "/evoucher.json");
        EvoucherReply reply = EvoucherClient.Trans(null, request);
        Expect("by one function", reply, 0, "get_certificate");
        Refused("without a token", EvoucherClient.Trans(null, request.Replace("token", "taken")));
        Native.ev_close(0);
    }

    // A thread that is started while ThreadWaits is true waits for ThreadsWait before it does anything.
    private static readonly ManualResetEvent ThreadsWait = new ManualResetEvent(true);

    private static readonly AsyncLocal<bool> ThreadWaits = new AsyncLocal<bool>(
        delegate(AsyncLocalValueChangedArgs<bool> change)
        {
            if (change.ThreadContextChanged && change.CurrentValue)
            {
                ThreadsWait.WaitOne();
            }
        });

    private static void Closing()
    {
        EvoucherClient client = Open("evoucher.json");
        Expect("before the end", client.SignedQuery(Request("signed-last")), 0, "get_certificate");
        client.Dispose();
        client.Dispose();
        Check(Throws<ObjectDisposedException>(delegate { client.SignedQuery(Request("signed")); }), "a closed client");

        // Closed while a flow runs: its outcome is not lost.
        client = Open("evoucher.json");
        string pay = Request("signed-closing", "ownPaySetlAmt", "12.30", "fixmedinsTrnsSn", "SN-closing-" + tag);
        EvoucherReply reply = client.OneCodePay(pay, delegate { client.Dispose(); });
        Expect("closed during a flow", reply, 0, "charge");
        Check(reply.Field("data.payCert").StartsWith("PC"), "the certificate is there: " + reply.Json);
        Check(reply.Field("data.payChnlUserName") == "张*三", "in Chinese: " + reply.Field("data.payChnlUserName"));
        Check(reply.Field("data.nothing") == null, "a field that is not there");

        // Closed before the threads have run.
        client = Open("evoucher.json");
        ThreadsWait.Reset();
        ThreadWaits.Value = true;
        Task<EvoucherReply> verify = client.VerifyPasswordAsync(Request("auto1-closing"), null);
        Task<EvoucherReply> query = client.SignedQueryAsync(Request("signed-closing"));
        ThreadWaits.Value = false;
        client.Dispose();
        ThreadsWait.Set();
        Expect("closed before a flow ran", verify.Result, 0, "settle");
        Expect("closed before a call", query.Result, 0, "get_certificate");
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
        // Nobody has anything to do about what is no service.
        bool isForTheOperator = !string.IsNullOrEmpty(next);
        Check(reply.Hint.EndsWith("\u3002") == isForTheOperator, step + ", for the operator: " + reply.Hint);
        Check(EvoucherNext.Label(next) != next || !isForTheOperator, step + " has a label");
    }

    // The library's own words, and no escapes.
    private static void IsReadable(string message, string names)
    {
        Check(message.Contains(names) && !message.Contains("\\u") && !message.Contains("{") && !message.Contains("-10"),
            "a message to read: " + message);
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

    // A 1.4.3.3: what became of a charge decides whether there is another certificate.
    private static void Reports(EvoucherClient client)
    {
        string serial = "SN-report-" + tag;
        string pay = Request("signed-report", "ownPaySetlAmt", "12.30", "fixmedinsTrnsSn", serial);
        EvoucherReply reply = client.ReportCharge(null, serial, "12.30", EvoucherOutcome.Unknown);
        Reported("of an unknown bill", reply, 0, "confirm_charge");
        Check(reply.Field("data.known") == "false", "it is not known: " + reply.Json);
        Reported("failed", client.ReportCharge(null, serial, "12.30", EvoucherOutcome.Failed), 0, "retry");
        Expect("a certificate", client.GenPayCert(pay), 0, "charge");
        Expect("not reported", client.OneCodePay(pay, null), EvoucherCode.IssuedBefore, "confirm_charge");
        Reported("another amount", client.ReportCharge(null, serial, "12.31", EvoucherOutcome.Paid), EvoucherCode.Duplicate, null);
        Reported("paid", client.ReportCharge("H35010000001", serial, "12.30", EvoucherOutcome.Paid), 0, "");
        Reported("twice", client.ReportCharge(null, serial, "12.30", EvoucherOutcome.Paid), 0, "");
        Expect("paid before", client.GenPayCert(pay), EvoucherCode.Duplicate, "already_paid");
        Refused("an amount that is none", client.ReportCharge(null, serial, "12,30", EvoucherOutcome.Paid));
        Refused("no serial number", client.ReportCharge(null, null, "12.30", EvoucherOutcome.Paid));
        Refused("half a character", client.ReportCharge(null, "\uD800", "12.30", EvoucherOutcome.Paid));
    }

    private static void Reported(string what, EvoucherReply reply, int code, string next)
    {
        Check(reply.Code == code && (next == null || (reply.Next ?? "") == next), "reported " + what + ": " + reply.Json);
    }
}
