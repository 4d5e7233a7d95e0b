// Typed.cs - requests and replies as classes, over Evoucher.cs: copy both files into your project.
//
//     PasswordAnswer answer = await centre.VerifyPasswordAsync(
//         new PasswordRequest { Token = token, TotalAmount = 100.00m }, step => Show(step.Hint), cancellation.Token);
//     if (answer.Settles) Settle(); else Show(answer.Hint);
//
// It is C# 4 for .NET Framework 4.0 and everything later, as Evoucher.cs is. Amounts are decimal, never double. Progress is
// told on another thread than the caller's. Whatever is scanned or typed, a call ends in an answer.

using System;
using System.Collections.Generic;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;

namespace Evoucher
{
    /// <summary>What to do now. Whatever is not Settle or Charge means neither.</summary>
    public enum NextStep
    {
        /// <summary>the documents have nothing to say</summary>
        None,
        /// <summary>a word that is newer than this file</summary>
        Unknown,
        // <gen:next>
        /// <summary>go on and settle</summary>
        Settle,
        /// <summary>ask for the status again</summary>
        Wait,
        /// <summary>send the notice again</summary>
        Resend,
        /// <summary>check the password offline (B 1.5)</summary>
        OfflineCheck,
        /// <summary>another app's code, a new scan</summary>
        OtherApp,
        /// <summary>call ev_gen_pay_cert</summary>
        GetCertificate,
        /// <summary>charge exactly ownPaySetlAmt, with payCert, at payChnlName</summary>
        Charge,
        /// <summary>scan the patient's code again</summary>
        Rescan,
        /// <summary>it may have been charged: ask the payment channel, report it, ask again</summary>
        ConfirmCharge,
        /// <summary>it is paid: charge nothing</summary>
        AlreadyPaid,
        /// <summary>pay in another way</summary>
        OtherPayment,
        /// <summary>the same again, later</summary>
        RetryLater,
        /// <summary>ev_gen_pay_cert again, same serial number, same amount</summary>
        Retry,
        /// <summary>the program has to be put right</summary>
        FixRequest,
        /// <summary>the configuration or the machine has to be put right</summary>
        FixSetup,
        /// <summary>ask the e-voucher centre</summary>
        AskCentre,
        // </gen:next>
    }

    /// <summary>The words of "next", as NextStep and for the screen.</summary>
    public static class NextSteps
    {
        /// <summary>What a word of "next" means; None for null and "".</summary>
        public static NextStep Parse(string next)
        {
            switch (next)
            {
                case null:
                case "":
                    return NextStep.None;
                // <gen:words>
                case EvoucherNext.Settle: return NextStep.Settle;
                case EvoucherNext.Wait: return NextStep.Wait;
                case EvoucherNext.Resend: return NextStep.Resend;
                case EvoucherNext.OfflineCheck: return NextStep.OfflineCheck;
                case EvoucherNext.OtherApp: return NextStep.OtherApp;
                case EvoucherNext.GetCertificate: return NextStep.GetCertificate;
                case EvoucherNext.Charge: return NextStep.Charge;
                case EvoucherNext.Rescan: return NextStep.Rescan;
                case EvoucherNext.ConfirmCharge: return NextStep.ConfirmCharge;
                case EvoucherNext.AlreadyPaid: return NextStep.AlreadyPaid;
                case EvoucherNext.OtherPayment: return NextStep.OtherPayment;
                case EvoucherNext.RetryLater: return NextStep.RetryLater;
                case EvoucherNext.Retry: return NextStep.Retry;
                case EvoucherNext.FixRequest: return NextStep.FixRequest;
                case EvoucherNext.FixSetup: return NextStep.FixSetup;
                case EvoucherNext.AskCentre: return NextStep.AskCentre;
                // </gen:words>
                default:
                    return NextStep.Unknown;
            }
        }

        /// <summary>A few characters in Chinese for a label or a button; "" for None and Unknown.</summary>
        public static string Label(this NextStep next)
        {
            switch (next)
            {
                // <gen:labels>
                case NextStep.Settle: return EvoucherNext.Label(EvoucherNext.Settle);
                case NextStep.Wait: return EvoucherNext.Label(EvoucherNext.Wait);
                case NextStep.Resend: return EvoucherNext.Label(EvoucherNext.Resend);
                case NextStep.OfflineCheck: return EvoucherNext.Label(EvoucherNext.OfflineCheck);
                case NextStep.OtherApp: return EvoucherNext.Label(EvoucherNext.OtherApp);
                case NextStep.GetCertificate: return EvoucherNext.Label(EvoucherNext.GetCertificate);
                case NextStep.Charge: return EvoucherNext.Label(EvoucherNext.Charge);
                case NextStep.Rescan: return EvoucherNext.Label(EvoucherNext.Rescan);
                case NextStep.ConfirmCharge: return EvoucherNext.Label(EvoucherNext.ConfirmCharge);
                case NextStep.AlreadyPaid: return EvoucherNext.Label(EvoucherNext.AlreadyPaid);
                case NextStep.OtherPayment: return EvoucherNext.Label(EvoucherNext.OtherPayment);
                case NextStep.RetryLater: return EvoucherNext.Label(EvoucherNext.RetryLater);
                case NextStep.Retry: return EvoucherNext.Label(EvoucherNext.Retry);
                case NextStep.FixRequest: return EvoucherNext.Label(EvoucherNext.FixRequest);
                case NextStep.FixSetup: return EvoucherNext.Label(EvoucherNext.FixSetup);
                case NextStep.AskCentre: return EvoucherNext.Label(EvoucherNext.AskCentre);
                // </gen:labels>
                default:
                    return "";
            }
        }
    }

    /// <summary>What every request may have. What is null comes from the configuration's "defaults".</summary>
    public abstract class PatientRequest
    {
        /// <summary>The ecToken that decoding the patient's code gave.</summary>
        public string Token { get; set; }

        /// <summary>The institution's national code.</summary>
        public string OrgCodg { get; set; }

        /// <summary>The institution's name.</summary>
        public string OrgName { get; set; }

        /// <summary>The request as JSON.</summary>
        public string ToJson()
        {
            List<object> fields = new List<object>();
            Add(fields, "token", Token ?? "");
            Add(fields, "orgCodg", OrgCodg);
            Add(fields, "orgName", OrgName);
            AddOwn(fields);
            return EvoucherJson.Object(fields.ToArray());
        }

        internal abstract void AddOwn(List<object> fields);

        internal static void Add(List<object> fields, string name, string value)
        {
            if (value != null)
            {
                fields.Add(name);
                fields.Add(value);
            }
        }

        // With all digits that it has: nobody rounds money. What is no amount the library refuses.
        internal static string Amount(decimal amount)
        {
            return amount.ToString("0.00##########################", CultureInfo.InvariantCulture);
        }
    }

    /// <summary>The online password check (B 1.7.1).</summary>
    public sealed class PasswordRequest : PatientRequest
    {
        /// <summary>The pre-settlement's total, when there is one.</summary>
        public decimal? TotalAmount { get; set; }

        internal override void AddOwn(List<object> fields)
        {
            if (TotalAmount != null)
            {
                Add(fields, "totalAmount", Amount(TotalAmount.Value));
            }
        }
    }

    /// <summary>One-code pay (A 1.5.2).</summary>
    public sealed class PaymentRequest : PatientRequest
    {
        /// <summary>ownPaySetlAmt: what is left to pay, to the cent.</summary>
        public decimal OwnPaySetlAmt { get; set; }

        /// <summary>The bill's own number, the same for every try.</summary>
        public string FixmedinsTrnsSn { get; set; }

        /// <summary>Who sits at the counter.</summary>
        public string OpterId { get; set; }

        /// <summary>The name.</summary>
        public string OpterName { get; set; }

        /// <summary>The machine.</summary>
        public string DevId { get; set; }

        /// <summary>Its address.</summary>
        public string DevIP { get; set; }

        internal override void AddOwn(List<object> fields)
        {
            Add(fields, "ownPaySetlAmt", Amount(OwnPaySetlAmt));
            Add(fields, "fixmedinsTrnsSn", FixmedinsTrnsSn);
            Add(fields, "opterId", OpterId);
            Add(fields, "opterName", OpterName);
            Add(fields, "devId", DevId);
            Add(fields, "devIP", DevIP);
        }
    }

    /// <summary>What the patient shows.</summary>
    public enum Credential
    {
        /// <summary>a code in an app</summary>
        QrCode,
        /// <summary>a card</summary>
        Card,
        /// <summary>the face, at a terminal</summary>
        TerminalFace,
    }

    /// <summary>How the password is checked.</summary>
    public enum CheckMethod
    {
        /// <summary>in the patient's app</summary>
        Online,
        /// <summary>at a terminal</summary>
        Terminal,
        /// <summary>by the national library</summary>
        Library,
    }

    /// <summary>What came of a call.</summary>
    public class Answer
    {
        internal Answer(EvoucherReply reply)
        {
            Reply = reply;
        }

        /// <summary>The whole reply.</summary>
        public EvoucherReply Reply { get; private set; }

        /// <summary>What to do now.</summary>
        public NextStep Next { get { return NextSteps.Parse(Reply.Next); } }

        /// <summary>For the operator's screen: why, and what to do now.</summary>
        public string Hint { get { return Reply.Hint; } }

        /// <summary>For the details: the centre's own words, or the library's.</summary>
        public string Message { get { return Reply.Message; } }

        /// <summary>The centre's code, or one of EvoucherCode.</summary>
        public int Code { get { return Reply.Code; } }

        /// <summary>Whether the centre cannot have received the request.</summary>
        public bool WasNotSent { get { return Reply.Delivery == "not_sent"; } }

        internal string Data(string name)
        {
            string value = Reply.Field("data." + name);
            return string.IsNullOrEmpty(value) ? null : value;
        }
    }

    /// <summary>What came of a password check, or of the question before a settlement.</summary>
    public sealed class PasswordAnswer : Answer
    {
        internal PasswordAnswer(EvoucherReply reply)
            : base(reply)
        {
        }

        /// <summary>The settlement may go on: the only case.</summary>
        public bool Settles { get { return Next == NextStep.Settle; } }

        /// <summary>Why not, as a word; of SettleGate.</summary>
        public string Reason { get { return Data("reason"); } }
    }

    /// <summary>What came of asking for a certificate.</summary>
    public sealed class PaymentAnswer : Answer
    {
        internal PaymentAnswer(EvoucherReply reply)
            : base(reply)
        {
        }

        /// <summary>OwnPaySetlAmt is to be charged, once, with PayCert at PayChnlName: the only case.</summary>
        public bool Charges { get { return Next == NextStep.Charge; } }

        /// <summary>The certificate; null without one.</summary>
        public string PayCert { get { return Data("payCert"); } }

        /// <summary>Where to charge.</summary>
        public string PayChnlName { get { return Data("payChnlName"); } }

        /// <summary>Whose account that is.</summary>
        public string PayChnlUserName { get { return Data("payChnlUserName"); } }

        /// <summary>The amount that the certificate is for; null without one.</summary>
        public decimal? OwnPaySetlAmt
        {
            get
            {
                decimal amount;
                bool isOne = decimal.TryParse(
                    Data("ownPaySetlAmt"), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out amount);
                return isOne ? amount : (decimal?)null;
            }
        }

        /// <summary>Why the patient's code cannot pay.</summary>
        public string AbnRea { get { return Data("abnRea"); } }
    }

    /// <summary>How far a flow is.</summary>
    public sealed class FlowStep
    {
        internal FlowStep(EvoucherReply told)
        {
            Name = told.Field("step");
            Hint = told.Hint;
            Next = NextSteps.Parse(told.Next);
            Elapsed = Time(told, "elapsedMs") ?? TimeSpan.Zero;
            Remaining = Time(told, "remainingMs");
        }

        /// <summary>"begin" before anything is sent, a service's name after its step, "waiting" every second.</summary>
        public string Name { get; private set; }

        /// <summary>For the operator's screen, after a service's step; "" else.</summary>
        public string Hint { get; private set; }

        /// <summary>What that step came to.</summary>
        public NextStep Next { get; private set; }

        /// <summary>Since the flow began.</summary>
        public TimeSpan Elapsed { get; private set; }

        /// <summary>How long the flow goes on waiting, while it is "waiting"; null else.</summary>
        public TimeSpan? Remaining { get; private set; }

        private static TimeSpan? Time(EvoucherReply told, string field)
        {
            double milliseconds;
            bool isOne = double.TryParse(
                told.Field(field), NumberStyles.Integer, CultureInfo.InvariantCulture, out milliseconds);
            return isOne ? TimeSpan.FromMilliseconds(milliseconds) : (TimeSpan?)null;
        }
    }

    /// <summary>The flows with requests and answers as classes.</summary>
    public static class TypedCalls
    {
        /// <summary>Has the patient confirm, and waits for it. A cancellation that came before counts, too: nothing is sent.
        /// </summary>
        public static Task<PasswordAnswer> VerifyPasswordAsync(
            this EvoucherClient client, PasswordRequest request, Action<FlowStep> progress,
            CancellationToken cancellation = default(CancellationToken))
        {
            return client.VerifyPasswordAsync(request.ToJson(), Told(client, progress), cancellation)
                .ContinueWith(task => new PasswordAnswer(task.Result), TaskContinuationOptions.ExecuteSynchronously);
        }

        /// <summary>At the moment of the settlement: may it go on?</summary>
        /// <param name="client">The program's client.</param>
        /// <param name="credential">What the patient showed.</param>
        /// <param name="method">How the password was checked.</param>
        /// <param name="token">The patient's, for the online check; null else.</param>
        /// <param name="offlineVerified">The terminal or the national library has checked it.</param>
        /// <param name="cancellation">As for VerifyPasswordAsync.</param>
        public static Task<PasswordAnswer> SettleGateAsync(
            this EvoucherClient client, Credential credential, CheckMethod method, string token, bool offlineVerified,
            CancellationToken cancellation = default(CancellationToken))
        {
            string[] credentials = { "qrcode", "card", "terminal_face" };
            List<object> fields = new List<object>();
            fields.AddRange(new object[] { "settlement", true, "credential", credentials[(int)credential] });
            fields.AddRange(new object[] { "method", method.ToString().ToLowerInvariant() });
            fields.AddRange(new object[] { "offlineVerified", offlineVerified });
            PatientRequest.Add(fields, "token", token);
            return client.SettleGateAsync(EvoucherJson.Object(fields.ToArray()), cancellation)
                .ContinueWith(task => new PasswordAnswer(task.Result), TaskContinuationOptions.ExecuteSynchronously);
        }

        /// <summary>Asks whether the patient's code can pay, and for the certificate. Note the bill before, and tell
        /// ReportCharge what became of the charge: Payment.cs.</summary>
        public static Task<PaymentAnswer> OneCodePayAsync(
            this EvoucherClient client, PaymentRequest request, Action<FlowStep> progress,
            CancellationToken cancellation = default(CancellationToken))
        {
            return client.OneCodePayAsync(request.ToJson(), Told(client, progress), cancellation)
                .ContinueWith(task => new PaymentAnswer(task.Result), TaskContinuationOptions.ExecuteSynchronously);
        }

        /// <summary>What became of the charge of a bill.</summary>
        public static Answer ReportCharge(this EvoucherClient client, PaymentRequest bill, EvoucherOutcome outcome)
        {
            string amount = PatientRequest.Amount(bill.OwnPaySetlAmt);
            return new Answer(client.ReportCharge(bill.OrgCodg, bill.FixmedinsTrnsSn, amount, outcome));
        }

        private static Action<string> Told(EvoucherClient client, Action<FlowStep> progress)
        {
            if (progress == null)
            {
                return null;
            }
            return told => progress(new FlowStep(new EvoucherReply(client, 0, Text.Encode(told, "progress"))));
        }
    }
}
