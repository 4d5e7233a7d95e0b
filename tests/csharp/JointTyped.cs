// The typed layer's part of Joint.cs.

using System;
using System.Collections.Generic;
using System.Threading;
using Evoucher;

internal static class JointTyped
{
    internal static void Run(EvoucherClient client, string tag, Action<bool, string> check)
    {
        // A patient who verifies.
        List<FlowStep> steps = new List<FlowStep>();
        PasswordRequest verify = new PasswordRequest { Token = "auto1-typed-" + tag, TotalAmount = 100m };
        check(verify.ToJson().Contains("\"100.00\""), "an amount has its cents: " + verify.ToJson());
        PasswordAnswer verified = client.VerifyPasswordAsync(verify, step => steps.Add(step)).Result;
        check(verified.Settles && verified.Next == NextStep.Settle, "verified: " + verified.Reply.Json);
        check(verified.Next.Label() == "\u7ED3\u7B97" && verified.Code == 0, "its label");
        check(steps.Count > 2 && steps[0].Name == "begin" && steps[0].Next == NextStep.None, "it begins");
        FlowStep notice = steps.Find(step => step.Name == "tokenPwdCheckNotc");
        check(notice != null && notice.Next == NextStep.Wait && notice.Hint.Length > 0, "the notice is told");
        FlowStep waiting = steps.Find(step => step.Name == "waiting");
        check(waiting == null || waiting.Remaining > TimeSpan.Zero, "how long it goes on waiting");

        PasswordAnswer gate = client.SettleGateAsync(
            Credential.QrCode, CheckMethod.Online, verify.Token, false).Result;
        check(gate.Settles && gate.Reason == "verified", "may it go on: " + gate.Reply.Json);
        gate = client.SettleGateAsync(Credential.Card, CheckMethod.Online, verify.Token, false).Result;
        check(!gate.Settles && gate.Reason == "online_needs_qrcode", "a card online: " + gate.Reply.Json);
        gate = client.SettleGateAsync(Credential.Card, CheckMethod.Terminal, null, true).Result;
        check(gate.Settles && gate.Reason == "offline_verified", "a card at the terminal: " + gate.Reply.Json);
        gate = client.SettleGateAsync(Credential.TerminalFace, CheckMethod.Terminal, null, false).Result;
        check(gate.Settles && gate.Reason == "terminal_face", "a face: " + gate.Reply.Json);

        // A payment, and what became of it.
        PaymentRequest bill = new PaymentRequest
        {
            Token = "signed-typed-" + tag, OwnPaySetlAmt = 12.3m, FixmedinsTrnsSn = "SN-TYPED-" + tag,
        };
        PaymentAnswer paid = client.OneCodePayAsync(bill, null).Result;
        check(paid.Charges && paid.OwnPaySetlAmt == 12.30m, "a certificate: " + paid.Reply.Json);
        check(paid.PayCert != null && paid.PayChnlName != null && paid.AbnRea == null, "with which, and where");
        PaymentAnswer again = client.OneCodePayAsync(bill, null).Result;
        check(!again.Charges && again.Next == NextStep.ConfirmCharge && again.WasNotSent, "not twice");
        check(again.PayCert == null && again.OwnPaySetlAmt == null, "nothing to charge with");
        check(client.ReportCharge(bill, EvoucherOutcome.Paid).Next == NextStep.None, "reported");
        check(client.OneCodePayAsync(bill, null).Result.Next == NextStep.AlreadyPaid, "paid");

        bill = new PaymentRequest
        {
            Token = "unsigned-typed-" + tag, OwnPaySetlAmt = 1m, FixmedinsTrnsSn = "SN-TYPED-U-" + tag,
        };
        PaymentAnswer unsigned = client.OneCodePayAsync(bill, null).Result;
        check(!unsigned.Charges && unsigned.Next == NextStep.OtherPayment, "not signed up: " + unsigned.Reply.Json);

        // Nobody rounds money.
        bill.OwnPaySetlAmt = 12.345m;
        check(client.OneCodePayAsync(bill, null).Result.Next == NextStep.FixRequest, "a third digit");

        // Nothing was scanned; nobody waits any longer.
        check(client.VerifyPasswordAsync(new PasswordRequest(), null).Result.Next == NextStep.Rescan, "no token");
        CancellationTokenSource cancelled = new CancellationTokenSource();
        cancelled.Cancel();
        PasswordAnswer ended = client.VerifyPasswordAsync(
            new PasswordRequest { Token = "pwd-typed-" + tag }, null, cancelled.Token).Result;
        check(ended.Code == EvoucherCode.Cancelled && ended.WasNotSent && !ended.Settles, "cancelled before it began");

        check(NextSteps.Parse("a word of a later version") == NextStep.Unknown, "an unknown word");
        check(NextSteps.Parse(null) == NextStep.None && NextStep.Unknown.Label() == "", "no word");
        foreach (NextStep step in Enum.GetValues(typeof(NextStep)))
        {
            check(step <= NextStep.Unknown || step.Label().Length > 0, "a label for " + step);
        }
    }
}
