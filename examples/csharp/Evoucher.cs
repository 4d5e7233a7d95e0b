// Evoucher.cs - evoucher.dll / libevoucher.so for C#.
//
// Copy this file into your project. It works from .NET Framework 4.0 (C# 4) to today's .NET, and on mono, in 32-bit
// and in 64-bit programs: the DLL must be of the process's bitness, beside the program; an AnyCPU program may have both, as
// x86\evoucher.dll and x64\evoucher.dll.
//
// The configuration's "charset" must stay "utf-8", which is the default: text crosses as UTF-8 bytes, never through the
// marshaller's ANSI, so it is right on every Windows whatever its code page.
//
// Calls block until the centre has answered or time is out. On a UI thread use the ...Async methods. Open one client
// for the whole program, and act on a reply's Next. Whatever is scanned or typed, a call ends in a reply.

using System;
using System.Collections.Generic;
using System.IO;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.RegularExpressions;
using System.Threading;
using System.Threading.Tasks;

namespace Evoucher
{
    /// <summary>A client of the local e-voucher centre. Safe to share between threads.</summary>
    public sealed class EvoucherClient : IDisposable
    {
        private readonly ClientHandle handle;
        // Asked for, and not ended: Cancel finds them here even before their thread has run.
        private readonly List<RunningFlow> flows = new List<RunningFlow>();

        /// <summary>Opens a client.</summary>
        /// <param name="config">JSON text, or "@" and the path of a file that holds it; a relative one begins at the program's
        /// folder.</param>
        /// <exception cref="EvoucherException">The configuration is not usable; the message says why.</exception>
        /// <exception cref="InvalidOperationException">Its charset is not utf-8.</exception>
        public EvoucherClient(string config)
        {
            int client;
            Native.Find();
            int code = Native.ev_open(Text.Encode(FromProgram(config), "config"), out client);
            if (code != 0)
            {
                throw new EvoucherException(new EvoucherReply(null, code, Text.LastReply()));
            }
            handle = new ClientHandle(client);
            if (Text.IsOtherCharset(client))
            {
                handle.Dispose();
                throw Text.OtherCharset();
            }
        }

        /// <summary>密码核验通知: tells the patient to verify the password in the app. Look at Next.</summary>
        public EvoucherReply TokenPwdCheckNotc(string request)
        {
            return Exchange(Native.ev_token_pwd_check_notc, Text.EncodeRequest(request));
        }

        /// <summary>密码核验状态: has the patient verified it? Look at Next: "settle" or "wait".</summary>
        public EvoucherReply TokenPwdStas(string request)
        {
            return Exchange(Native.ev_token_pwd_stas, Text.EncodeRequest(request));
        }

        /// <summary>一码付签约状态. Look at Next: "get_certificate" or "other_payment".</summary>
        public EvoucherReply SignedQuery(string request)
        {
            return Exchange(Native.ev_signed_query, Text.EncodeRequest(request));
        }

        /// <summary>一码付支付凭证. Charge only when Next is "charge".</summary>
        public EvoucherReply GenPayCert(string request)
        {
            return Exchange(Native.ev_gen_pay_cert, Text.EncodeRequest(request));
        }

        /// <summary>What became of a charge, to be told after each one, and for every bill that is open when the program
        /// starts: the library's risk control goes by it (A 1.4.3.3). Sends nothing. Next: "retry" after Failed,
        /// "confirm_charge" after Unknown, null after Paid.</summary>
        /// <param name="orgCodg">The institution; null: the one in the configuration's "defaults".</param>
        /// <param name="serialNumber">The bill's fixmedinsTrnsSn.</param>
        /// <param name="amount">The bill's ownPaySetlAmt, as it was asked for: "12.30".</param>
        /// <param name="outcome">What the payment channel said.</param>
        public EvoucherReply ReportCharge(string orgCodg, string serialNumber, string amount, EvoucherOutcome outcome)
        {
            string word = outcome == EvoucherOutcome.Paid ? "paid"
                : outcome == EvoucherOutcome.Failed ? "failed"
                : "unknown";
            return Exchange(Native.ev_report_charge, Text.EncodeRequest(EvoucherJson.Object(
                "orgCodg", orgCodg, "fixmedinsTrnsSn", serialNumber, "ownPaySetlAmt", amount, "outcome", word)));
        }

        /// <summary>Flow: notify, then ask until the patient has verified, it is cancelled, or time is out. Settle only
        /// when Next is "settle".</summary>
        /// <param name="request">As for TokenPwdCheckNotc.</param>
        /// <param name="progress">Told of each step, on this thread, as JSON; null: nobody is. An exception of its own
        /// ends the flow as Cancel does, and is the reply's ProgressError.</param>
        /// <param name="cancellation">Ends the flow as Cancel does, also when it came before this call: the reply's
        /// Code is Cancelled, and no exception is thrown.</param>
        public EvoucherReply VerifyPassword(
            string request, Action<string> progress, CancellationToken cancellation = default(CancellationToken))
        {
            return Flow(Native.ev_verify_password, request, progress, cancellation)();
        }

        /// <summary>Flow: may this settlement go on? Only when Next is "settle".</summary>
        /// <param name="request">Object("settlement", true, "credential", "qrcode", "method", "online", "token", ...)
        /// </param>
        /// <param name="cancellation">As for VerifyPassword.</param>
        public EvoucherReply SettleGate(string request, CancellationToken cancellation = default(CancellationToken))
        {
            return Flow(Native.ev_settle_gate, request, null, cancellation)();
        }

        /// <summary>Flow: SignedQuery, then GenPayCert when usable. Charge only when Next is "charge".</summary>
        /// <param name="request">As for GenPayCert.</param>
        /// <param name="progress">As for VerifyPassword.</param>
        /// <param name="cancellation">As for VerifyPassword.</param>
        public EvoucherReply OneCodePay(
            string request, Action<string> progress, CancellationToken cancellation = default(CancellationToken))
        {
            return Flow(Native.ev_one_code_pay, request, progress, cancellation)();
        }

        /// <summary>Tests configuration, key and connection, step by step.</summary>
        public EvoucherReply CheckSetup()
        {
            return Run(Native.ev_check);
        }

        /// <summary>VerifyPassword on a thread of its own; progress is told there.</summary>
        public Task<EvoucherReply> VerifyPasswordAsync(
            string request, Action<string> progress, CancellationToken cancellation = default(CancellationToken))
        {
            return Background(Flow(Native.ev_verify_password, request, progress, cancellation));
        }

        /// <summary>SettleGate on a thread of its own.</summary>
        public Task<EvoucherReply> SettleGateAsync(
            string request, CancellationToken cancellation = default(CancellationToken))
        {
            return Background(Flow(Native.ev_settle_gate, request, null, cancellation));
        }

        /// <summary>OneCodePay on a thread of its own; progress is told there.</summary>
        public Task<EvoucherReply> OneCodePayAsync(
            string request, Action<string> progress, CancellationToken cancellation = default(CancellationToken))
        {
            return Background(Flow(Native.ev_one_code_pay, request, progress, cancellation));
        }

        /// <summary>Any of the four services by name, or another path of the centre ("/cfc/api/...").</summary>
        public EvoucherReply Call(string service, string request)
        {
            byte[] serviceText = Text.Encode(service, "service");
            byte[] requestText = Text.EncodeRequest(request);
            return Run(delegate(int client, byte[] reply, int size)
            {
                return Native.ev_call(client, serviceText, requestText, reply, size);
            });
        }

        /// <summary>The envelope alone, for joint testing (联调): the request as the centre wants it.</summary>
        public EvoucherReply Seal(string text)
        {
            return Exchange(Native.ev_seal, Text.Encode(text, "text"));
        }

        /// <summary>Opens an encData of the centre, for joint testing.</summary>
        public EvoucherReply Unseal(string text)
        {
            return Exchange(Native.ev_unseal, Text.Encode(text, "text"));
        }

        /// <summary>The meaning of a code, and what to do about it.</summary>
        public EvoucherReply Explain(int code)
        {
            return Run(delegate(int client, byte[] reply, int size)
            {
                return Native.ev_explain(client, code, reply, size);
            });
        }

        /// <summary>The documents' tables: "code" or "idType".</summary>
        public EvoucherReply Dictionary(string name)
        {
            return Exchange(Native.ev_dictionary, Text.Encode(name, "name"));
        }

        /// <summary>From any thread: ends what this client is doing for a token, or all of it with null, also what
        /// ...Async was asked for and whose thread has not run yet. A call that is ended gives its reply as ever: Code is
        /// Cancelled.</summary>
        /// <returns>How many calls that were.</returns>
        public int Cancel(string token)
        {
            int waiting = 0;
            lock (flows)
            {
                foreach (RunningFlow flow in flows)
                {
                    // The library knows, ends and counts those that have begun.
                    if (!flow.Begun && !flow.Cancelled && (token == null || token == flow.Token))
                    {
                        flow.Cancelled = true;
                        waiting++;
                    }
                }
            }
            return waiting + CancelCalls(token);
        }

        /// <summary>Told of every call of this client and of every step of its flows: one line of JSON, the one that the
        /// log would have, whatever log.level is and without a log too. It is told on the thread that made the call, once
        /// the reply is there, and several threads may be told at once: hand the line on (BeginInvoke, a queue) and return.
        /// An exception of it is dropped.</summary>
        public event Action<string> CallEnded
        {
            add { Borrow(delegate(int client) { return handle.Listen(value); }); }
            remove { handle.Ignore(value); }
        }

        /// <summary>TokenPwdCheckNotc on a thread of the pool: the user interface stays alive.</summary>
        public Task<EvoucherReply> TokenPwdCheckNotcAsync(string request)
        {
            return Background(Single(Native.ev_token_pwd_check_notc, request, "tokenPwdCheckNotc", "resend"));
        }

        /// <summary>TokenPwdStas on a thread of the pool.</summary>
        public Task<EvoucherReply> TokenPwdStasAsync(string request)
        {
            return Background(Single(Native.ev_token_pwd_stas, request, "tokenPwdStas", "wait"));
        }

        /// <summary>SignedQuery on a thread of the pool.</summary>
        public Task<EvoucherReply> SignedQueryAsync(string request)
        {
            return Background(Single(Native.ev_signed_query, request, "signedQuery", "retry_later"));
        }

        /// <summary>GenPayCert on a thread of the pool.</summary>
        public Task<EvoucherReply> GenPayCertAsync(string request)
        {
            return Background(Single(Native.ev_gen_pay_cert, request, "genPayCert", "retry"));
        }

        /// <summary>The one-function style, on the default client (evoucher.json beside the library).</summary>
        /// <param name="url">Takes the place of the configured localUrl; null: the configured one.</param>
        /// <param name="request">{"transType":"signedQuery","orgId":"...","data":{...}}</param>
        public static EvoucherReply Trans(string url, string request)
        {
            Native.Find();
            byte[] urlText = url == null ? null : Text.Encode(url, "url");
            byte[] requestText = Text.EncodeRequest(request);
            if (Text.IsOtherCharset(0))
            {
                throw Text.OtherCharset();
            }
            return Collect(null, delegate(byte[] reply, int size)
            {
                return Native.ev_trans(urlText, requestText, reply, size);
            });
        }

        /// <summary>Version, target and features of the library, as JSON.</summary>
        public static string Version()
        {
            byte[] reply = new byte[8192];
            Native.Find();
            Native.ev_version(reply, reply.Length);
            return Text.Decode(reply);
        }

        /// <summary>Gives the client back once the calls that are running have ended; it waits for none of them, and
        /// their replies can be read all the same. A form that closes: Cancel, wait for the call, then Dispose.</summary>
        public void Dispose()
        {
            handle.Dispose();
        }

        /// <summary>As Text.ReadField, and InvalidClient when this client is closed.</summary>
        internal int ReadField(byte[] json, string path, out string value)
        {
            string found = null;
            int code;
            try
            {
                code = Borrow(delegate(int client) { return Text.ReadField(client, json, path, out found); });
            }
            catch (ObjectDisposedException)
            {
                code = EvoucherCode.InvalidClient;
            }
            value = found;
            return code;
        }

        // Where mono or dotnet runs the program, the library would take their folder for the program's.
        private static string FromProgram(string config)
        {
            if (config == null || !config.StartsWith("@", StringComparison.Ordinal))
            {
                return config;
            }
            string path = config.Substring(1);
            bool isRelative = path.IndexOfAny(Path.GetInvalidPathChars()) < 0 && !Path.IsPathRooted(path);
            return isRelative ? "@" + Path.Combine(AppDomain.CurrentDomain.BaseDirectory, path) : config;
        }

        private delegate int ClientCall(int client, byte[] request, byte[] reply, int size);

        private delegate int ReplyCall(byte[] reply, int size);

        private sealed class RunningFlow
        {
            internal string Token;
            internal bool Begun;
            internal bool Cancelled;
        }

        private EvoucherReply Exchange(ClientCall call, byte[] text)
        {
            return Run(delegate(int client, byte[] reply, int size) { return call(client, text, reply, size); });
        }

        private EvoucherReply Run(Func<int, byte[], int, int> call)
        {
            return Collect(this, delegate(byte[] reply, int size)
            {
                return Borrow(delegate(int client) { return call(client, reply, size); });
            });
        }

        // A call that can be cancelled until it begins, and runs on the thread that calls what is returned. From its
        // beginning on the library knows it, and ends and counts it.
        private Func<EvoucherReply> Single(ClientCall call, string request, string service, string next)
        {
            byte[] text = Text.EncodeRequest(request);
            RunningFlow waiting = new RunningFlow();
            Borrow(delegate(int client) { return Text.ReadField(client, text, "token", out waiting.Token); });
            lock (flows)
            {
                flows.Add(waiting);
            }
            return delegate
            {
                bool cancelled;
                lock (flows)
                {
                    flows.Remove(waiting);
                    cancelled = waiting.Cancelled;
                }
                return cancelled ? NotBegun(service, next) : Exchange(call, text);
            };
        }

        // What the library answers to a call that is cancelled before anything is sent.
        private EvoucherReply NotBegun(string service, string next)
        {
            string meaning = Explain(EvoucherCode.Cancelled).Field("data.meaning");
            string json = EvoucherJson.Object(
                "message", meaning, "hint", meaning, "source", "local", "delivery", "not_sent", "next", next,
                "service", service, "requestId", "");
            json = json.Substring(0, json.Length - 1)
                + ",\"code\":" + EvoucherCode.Cancelled + ",\"data\":null,\"elapsedMs\":0}";
            return new EvoucherReply(this, EvoucherCode.Cancelled, Text.Encode(json, "json"));
        }

        // A flow that can be cancelled from now on, and runs on the thread that calls what is returned.
        private Func<EvoucherReply> Flow(
            ClientCall call, string request, Action<string> progress, CancellationToken cancellation)
        {
            byte[] text = Text.EncodeRequest(request);
            RunningFlow flow = new RunningFlow();
            Borrow(delegate(int client) { return Text.ReadField(client, text, "token", out flow.Token); });
            CancellationTokenRegistration registration = cancellation.Register(delegate { Cancel(flow); });
            lock (flows)
            {
                flows.Add(flow);
            }
            return delegate
            {
                try
                {
                    return RunFlow(flow, call, text, progress);
                }
                finally
                {
                    registration.Dispose();
                    lock (flows)
                    {
                        flows.Remove(flow);
                    }
                }
            };
        }

        // Progress belongs to this thread and this client. No exception may cross the library, and none may take the
        // place of the reply, which may hold a certificate.
        private EvoucherReply RunFlow(RunningFlow flow, ClientCall call, byte[] text, Action<string> progress)
        {
            Exception thrown = null;
            Native.ProgressCall told = delegate(IntPtr user, IntPtr progressEvent)
            {
                try
                {
                    if (progress != null && !IsCancelled(flow))
                    {
                        progress(Text.Decode(Text.Copy(progressEvent)));
                    }
                    return IsCancelled(flow) ? 1 : 0;
                }
                catch (Exception error)
                {
                    thrown = error;
                    return 1;
                }
            };
            EvoucherReply reply = null;
            Borrow(delegate(int client)
            {
                Native.ev_on_progress(client, told, IntPtr.Zero);
                try
                {
                    reply = Exchange(call, text);
                }
                finally
                {
                    Native.ev_on_progress(client, null, IntPtr.Zero);
                }
                return 0;
            });
            GC.KeepAlive(told);
            reply.ProgressError = thrown;
            return reply;
        }

        // Asked at the flow's first event, before anything is sent, and at each that follows.
        private bool IsCancelled(RunningFlow flow)
        {
            lock (flows)
            {
                flow.Begun = true;
                return flow.Cancelled;
            }
        }

        private void Cancel(RunningFlow flow)
        {
            bool begun;
            lock (flows)
            {
                flow.Cancelled = true;
                begun = flow.Begun;
            }
            if (begun && flow.Token != null)
            {
                CancelCalls(flow.Token);
            }
        }

        private int CancelCalls(string token)
        {
            byte[] tokenText = token == null ? null : Text.EncodeRequest(token);
            string cancelled = null;
            Borrow(delegate(int client)
            {
                Native.ev_cancel(client, tokenText);
                return Text.ReadField(client, Text.LastReply(), "data.cancelled", out cancelled);
            });
            int count;
            return int.TryParse(cancelled, out count) ? count : 0;
        }

        // The client cannot be closed by another thread's Dispose between here and the call's end.
        private int Borrow(Func<int, int> call)
        {
            bool held = false;
            try
            {
                handle.DangerousAddRef(ref held);
                return call(handle.Number);
            }
            finally
            {
                if (held)
                {
                    handle.DangerousRelease();
                }
            }
        }

        // One call and its reply. When the buffer was small the call is done all the same: its reply waits in the
        // library, for this thread, and is fetched. Nothing is sent twice.
        private static EvoucherReply Collect(EvoucherClient client, ReplyCall call)
        {
            byte[] buffer = new byte[8192];
            int code = call(buffer, buffer.Length);
            if (buffer[0] == 0)
            {
                buffer = Text.LastReply();
            }
            if (code == EvoucherCode.BufferTooSmall && buffer[0] != 0)
            {
                code = 0;
            }
            EvoucherReply reply = new EvoucherReply(client, code, buffer);
            if (EvoucherCode.IsMistake(code))
            {
                throw new EvoucherException(reply);
            }
            return reply;
        }

        // The client is held from here on: a Dispose before the thread runs does not take it away.
        private Task<EvoucherReply> Background(Func<EvoucherReply> call)
        {
            bool held = false;
            handle.DangerousAddRef(ref held);
            return Task.Factory.StartNew(
                delegate
                {
                    try
                    {
                        return call();
                    }
                    finally
                    {
                        handle.DangerousRelease();
                    }
                },
                CancellationToken.None,
                TaskCreationOptions.LongRunning,
                TaskScheduler.Default);
        }
    }

    /// <summary>What the payment channel said of a charge.</summary>
    public enum EvoucherOutcome
    {
        /// <summary>Nobody knows: no answer, or one that is not final.</summary>
        Unknown,
        /// <summary>It has charged.</summary>
        Paid,
        /// <summary>It has not charged, and never will with this certificate.</summary>
        Failed
    }

    /// <summary>What came back. For the four services Code 0 says only that the centre answered: act on Next.</summary>
    public sealed class EvoucherReply
    {
        private readonly EvoucherClient client;
        private readonly byte[] bytes;

        internal EvoucherReply(EvoucherClient client, int code, byte[] bytes)
        {
            this.client = client;
            this.bytes = bytes;
            Code = code;
            Json = Text.Decode(bytes);
        }

        /// <summary>The centre's code, or one of EvoucherCode.</summary>
        public int Code { get; private set; }

        /// <summary>The whole reply.</summary>
        public string Json { get; private set; }

        /// <summary>For the operator's screen: why, and what to do now. Empty where there is nothing to do.</summary>
        public string Hint { get { return Field("hint"); } }

        /// <summary>For the details: the centre's own words, or the library's.</summary>
        public string Message { get { return Field("message"); } }

        /// <summary>What to do now, one of EvoucherNext: "settle", "wait", "get_certificate", "charge" ...</summary>
        public string Next { get { return Field("next"); } }

        /// <summary>"not_sent", "unknown" or "answered".</summary>
        public string Delivery { get { return Field("delivery"); } }

        /// <summary>What a flow's progress threw, which ended the flow; null: nothing.</summary>
        public Exception ProgressError { get; internal set; }

        /// <summary>One field, such as "data.payCert"; null when there is none.</summary>
        public string Field(string path)
        {
            string value = null;
            int code = EvoucherCode.InvalidClient;
            if (client != null)
            {
                code = client.ReadField(bytes, path, out value);
            }
            else if (!EvoucherCode.IsMistake(Code))
            {
                // Of Trans, which goes through the default client.
                code = Text.ReadField(0, bytes, path, out value);
            }
            if (code == EvoucherCode.InvalidClient || code == EvoucherCode.InvalidConfig)
            {
                // There was no client, or it is closed: a reply outlives it.
                Text.ReadField(-1, bytes, path, out value);
                value = value == null ? null : Text.Unescape(value);
            }
            return value;
        }
    }

    /// <summary>The configuration cannot be used, or the program asks for what there is not; the message says what is
    /// wrong, and nothing was sent. Everything else, a mis-scanned token too, is a reply with a Next.</summary>
    public sealed class EvoucherException : Exception
    {
        internal EvoucherException(EvoucherReply reply)
            : base(reply.Message)
        {
            Reply = reply;
        }

        /// <summary>The code and the message, which names what is wrong.</summary>
        public EvoucherReply Reply { get; private set; }

        /// <summary>One of EvoucherCode.</summary>
        public int Code { get { return Reply.Code; } }
    }

    /// <summary>The words of a reply's Next. One that is not among them means neither settle nor charge.</summary>
    public static class EvoucherNext
    {
        // <gen:next>
        /// <summary>go on and settle</summary>
        public const string Settle = "settle";
        /// <summary>ask for the status again</summary>
        public const string Wait = "wait";
        /// <summary>send the notice again</summary>
        public const string Resend = "resend";
        /// <summary>check the password offline (B 1.5)</summary>
        public const string OfflineCheck = "offline_check";
        /// <summary>another app's code, a new scan</summary>
        public const string OtherApp = "other_app";
        /// <summary>call ev_gen_pay_cert</summary>
        public const string GetCertificate = "get_certificate";
        /// <summary>charge exactly ownPaySetlAmt, with payCert, at payChnlName</summary>
        public const string Charge = "charge";
        /// <summary>scan the patient's code again</summary>
        public const string Rescan = "rescan";
        /// <summary>it may have been charged: ask the payment channel, report it, ask again</summary>
        public const string ConfirmCharge = "confirm_charge";
        /// <summary>it is paid: charge nothing</summary>
        public const string AlreadyPaid = "already_paid";
        /// <summary>pay in another way</summary>
        public const string OtherPayment = "other_payment";
        /// <summary>the same again, later</summary>
        public const string RetryLater = "retry_later";
        /// <summary>ev_gen_pay_cert again, same serial number, same amount</summary>
        public const string Retry = "retry";
        /// <summary>the program has to be put right</summary>
        public const string FixRequest = "fix_request";
        /// <summary>the configuration or the machine has to be put right</summary>
        public const string FixSetup = "fix_setup";
        /// <summary>ask the e-voucher centre</summary>
        public const string AskCentre = "ask_centre";
        // </gen:next>

        /// <summary>A few characters in Chinese for a label or a button; a word that is not known as it is.</summary>
        public static string Label(string next)
        {
            switch (next)
            {
                // <gen:labels>
                case Settle: return "\u7ED3\u7B97"; // 结算
                case Wait: return "\u7B49\u5F85\u6838\u9A8C"; // 等待核验
                case Resend: return "\u91CD\u53D1\u901A\u77E5"; // 重发通知
                case OfflineCheck: return "\u7EBF\u4E0B\u6838\u9A8C"; // 线下核验
                case OtherApp: return "\u6362\u5E94\u7528\u5C55\u7801"; // 换应用展码
                case GetCertificate: return "\u53D6\u4ED8\u6B3E\u51ED\u636E"; // 取付款凭据
                case Charge: return "\u6263\u6B3E"; // 扣款
                case Rescan: return "\u91CD\u65B0\u626B\u7801"; // 重新扫码
                case ConfirmCharge: return "\u6838\u5BF9\u6263\u6B3E"; // 核对扣款
                case AlreadyPaid: return "\u5DF2\u4ED8\u6B3E"; // 已付款
                case OtherPayment: return "\u5176\u4ED6\u652F\u4ED8"; // 其他支付
                case RetryLater: return "\u7A0D\u540E\u518D\u8BD5"; // 稍后再试
                case Retry: return "\u539F\u6837\u518D\u53D6"; // 原样再取
                case FixRequest: return "\u8054\u7CFB\u4FE1\u606F\u79D1"; // 联系信息科
                case FixSetup: return "\u8054\u7CFB\u4FE1\u606F\u79D1"; // 联系信息科
                case AskCentre: return "\u54A8\u8BE2\u4E2D\u5FC3"; // 咨询中心
                // </gen:labels>
                default: return next;
            }
        }
    }

    /// <summary>The library's own codes; the others are the centre's.</summary>
    public static class EvoucherCode
    {
        // <gen:codes>
        /// <summary>an argument of the call is unusable</summary>
        public const int InvalidArgument = -10001;
        /// <summary>the text is not in the configured charset</summary>
        public const int InvalidText = -10002;
        /// <summary>the configuration is unusable</summary>
        public const int InvalidConfig = -10003;
        /// <summary>no such client: never opened, or closed</summary>
        public const int InvalidClient = -10004;
        /// <summary>the request does not fit the interface</summary>
        public const int InvalidRequest = -10005;
        /// <summary>the reply did not fit and was kept: fetch it with ev_last_reply</summary>
        public const int BufferTooSmall = -10006;
        /// <summary>no such service</summary>
        public const int UnknownService = -10007;
        /// <summary>stopped by risk control as a duplicate transaction</summary>
        public const int Duplicate = -10008;
        /// <summary>cancelled</summary>
        public const int Cancelled = -10009;
        /// <summary>the journal cannot be used</summary>
        public const int Journal = -10010;
        /// <summary>a certificate was handed out for this transaction, and nobody has said what became of it</summary>
        public const int IssuedBefore = -10011;
        /// <summary>no connection to the centre</summary>
        public const int Connect = -10020;
        /// <summary>no TLS connection to the centre</summary>
        public const int Tls = -10021;
        /// <summary>out of time waiting for the centre; the request may have been processed</summary>
        public const int Timeout = -10022;
        /// <summary>the connection broke; the request may have been processed</summary>
        public const int ConnectionLost = -10023;
        /// <summary>the centre answered with an HTTP error status</summary>
        public const int HttpStatus = -10024;
        /// <summary>the centre's reply cannot be read; the request may have been processed</summary>
        public const int BadReply = -10025;
        /// <summary>the reply cannot be decrypted: most often the wrong key</summary>
        public const int Decrypt = -10026;
        /// <summary>the centre reports a business failure</summary>
        public const int Business = -10027;
        /// <summary>the password was not verified</summary>
        public const int NotVerified = -10030;
        /// <summary>the settlement may not go on</summary>
        public const int NotAllowed = -10031;
        /// <summary>one-code pay cannot be used</summary>
        public const int CannotPay = -10032;
        /// <summary>a fault of this library</summary>
        public const int Internal = -10099;
        // </gen:codes>

        internal static bool IsMistake(int code)
        {
            return code == InvalidConfig || code == InvalidClient || code == UnknownService;
        }
    }

    /// <summary>JSON objects for requests, without a JSON library.</summary>
    public static class EvoucherJson
    {
        /// <summary>Object("token", token, "settlement", true): names and values in turn. A value is text, true or false;
        /// null leaves its field out. Amounts are text: "12.30".</summary>
        public static string Object(params object[] namesAndValues)
        {
            if (namesAndValues.Length % 2 != 0)
            {
                throw new ArgumentException("a name without a value", "namesAndValues");
            }
            List<string> fields = new List<string>();
            for (int i = 0; i < namesAndValues.Length; i += 2)
            {
                if (namesAndValues[i + 1] != null)
                {
                    fields.Add(Quote((string)namesAndValues[i]) + ":" + Value(namesAndValues[i + 1]));
                }
            }
            return "{" + string.Join(",", fields.ToArray()) + "}";
        }

        private static string Value(object value)
        {
            if (value is bool)
            {
                return (bool)value ? "true" : "false";
            }
            string text = value as string;
            if (text == null)
            {
                throw new ArgumentException("text, true or false: not " + value.GetType(), "namesAndValues");
            }
            return Quote(text);
        }

        private static string Quote(string text)
        {
            StringBuilder json = new StringBuilder("\"");
            foreach (char letter in text)
            {
                if (letter == '"' || letter == '\\')
                {
                    json.Append('\\').Append(letter);
                }
                else if (letter < ' ' && letter != '\0')
                {
                    json.Append("\\u").Append(((int)letter).ToString("x4"));
                }
                else
                {
                    json.Append(letter);
                }
            }
            return json.Append('"').ToString();
        }
    }

    internal sealed class ClientHandle : SafeHandle
    {
        internal ClientHandle(int client)
            : base(IntPtr.Zero, true)
        {
            SetHandle(new IntPtr(client));
        }

        public override bool IsInvalid { get { return handle == IntPtr.Zero; } }

        internal int Number { get { return handle.ToInt32(); } }

        private readonly object changing = new object();
        // The library may call it until the client is closed: it must not be collected before.
        private Native.LineCall told;
        private Action<string> listeners;

        internal int Listen(Action<string> listener)
        {
            lock (changing)
            {
                listeners += listener;
                if (told != null)
                {
                    return 0;
                }
                told = Tell;
                return Native.ev_on_call(Number, told, IntPtr.Zero);
            }
        }

        internal void Ignore(Action<string> listener)
        {
            lock (changing)
            {
                listeners -= listener;
            }
        }

        // The library waits for this where it closes the client, so it takes no lock.
        private void Tell(IntPtr user, IntPtr line)
        {
            try
            {
                Action<string> all = listeners;
                if (all != null)
                {
                    all(Text.Decode(Text.Copy(line)));
                }
            }
            catch (Exception)
            {
                // None may cross the library, and the call is done.
            }
        }

        protected override bool ReleaseHandle()
        {
            return Native.ev_close(handle.ToInt32()) == 0;
        }
    }

    internal static class Text
    {
        // Strict: a reply in another charset must be an error, not question marks.
        private static readonly UTF8Encoding Utf8 = new UTF8Encoding(false, true);

        // What UTF-8 does not have becomes a control character.
        private static readonly Encoding Utf8OrControl = Encoding.GetEncoding(
            "utf-8", new EncoderReplacementFallback("\x01"), DecoderFallback.ExceptionFallback);

        // A NUL would end the text early, and half a surrogate pair is no character. As a control character either
        // makes it what no JSON is: the library refuses the request, with a reply, and nothing is sent.
        internal static byte[] EncodeRequest(string request)
        {
            if (request == null)
            {
                throw new ArgumentNullException("request");
            }
            return Utf8OrControl.GetBytes(request.Replace('\0', '\x01') + '\0');
        }

        internal static byte[] Encode(string text, string name)
        {
            if (text == null)
            {
                throw new ArgumentNullException(name);
            }
            if (text.IndexOf('\0') >= 0)
            {
                // The library would see only what stands before it.
                throw new ArgumentException("text with a NUL character", name);
            }
            byte[] bytes = new byte[Utf8.GetByteCount(text) + 1];
            Utf8.GetBytes(text, 0, text.Length, bytes, 0);
            return bytes;
        }

        internal static string Decode(byte[] bytes)
        {
            int length = Array.IndexOf(bytes, (byte)0);
            return Utf8.GetString(bytes, 0, length < 0 ? bytes.Length : length);
        }

        internal static byte[] Copy(IntPtr text)
        {
            int length = 0;
            while (Marshal.ReadByte(text, length) != 0)
            {
                length++;
            }
            byte[] bytes = new byte[length];
            Marshal.Copy(text, bytes, 0, length);
            return bytes;
        }

        internal static string Unescape(string json)
        {
            return Regex.Replace(json, "\\\\u([0-9A-Fa-f]{4})", delegate(Match match)
            {
                return ((char)Convert.ToInt32(match.Groups[1].Value, 16)).ToString();
            });
        }

        // One field, as that client reads it, and what ev_field returns; null: there is none.
        internal static int ReadField(int client, byte[] json, string path, out string value)
        {
            // No field is longer than what it is in, but that without a client a character may become a \uXXXX.
            byte[] buffer = new byte[3 * json.Length];
            int code = Native.ev_field(client, json, Encode(path, "path"), buffer, buffer.Length);
            value = code == 0 ? Decode(buffer) : null;
            return code;
        }

        // Asked before the first reply in Chinese, which may be a certificate's.
        internal static bool IsOtherCharset(int client)
        {
            string value;
            int code = ReadField(client, Encode("{\"probe\":\"\u8BCA\"}", "probe"), "probe", out value);
            return code == EvoucherCode.InvalidText || (code == 0 && value != "\u8BCA");
        }

        internal static Exception OtherCharset()
        {
            return new InvalidOperationException(
                "evoucher: 配置里的 charset 应为 utf-8 (the configuration's charset must be utf-8)");
        }

        internal static byte[] LastReply()
        {
            byte[] buffer = new byte[Math.Max(1, Native.ev_last_reply_size())];
            Native.ev_last_reply(buffer, buffer.Length);
            return buffer;
        }
    }

    // The names and arguments of evoucher.h, which "cargo xtask gen" makes them from.
    internal static class Native
    {
        private const string Library = "evoucher";

        // An AnyCPU program may have both DLLs, in the folders x86 and x64 beside it. What is loaded already is what a call
        // finds. A DLL beside the program comes first, and elsewhere the system knows where to look.
        internal static void Find()
        {
            if (Environment.OSVersion.Platform != PlatformID.Win32NT)
            {
                return;
            }
            string here = AppDomain.CurrentDomain.BaseDirectory;
            string dll = Path.Combine(Path.Combine(here, IntPtr.Size == 8 ? "x64" : "x86"), "evoucher.dll");
            if (!File.Exists(Path.Combine(here, "evoucher.dll")) && File.Exists(dll))
            {
                // When it fails, the first call says why.
                LoadLibraryW(dll);
            }
        }

        [DllImport("kernel32.dll", CharSet = CharSet.Unicode, ExactSpelling = true)]
        private static extern IntPtr LoadLibraryW(string path);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        internal delegate int ProgressCall(IntPtr user, IntPtr progressEvent);

        [UnmanagedFunctionPointer(CallingConvention.Cdecl)]
        internal delegate void LineCall(IntPtr user, IntPtr line);

        // <gen:functions>
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_open(byte[] config, out int client);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_close(int client);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_token_pwd_check_notc(int client, byte[] request, [In, Out] byte[] reply, int reply_size);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_token_pwd_stas(int client, byte[] request, [In, Out] byte[] reply, int reply_size);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_signed_query(int client, byte[] request, [In, Out] byte[] reply, int reply_size);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_gen_pay_cert(int client, byte[] request, [In, Out] byte[] reply, int reply_size);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_report_charge(int client, byte[] request, [In, Out] byte[] reply, int reply_size);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_call(int client, byte[] service, byte[] request, [In, Out] byte[] reply, int reply_size);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_trans(byte[] url, byte[] request, [In, Out] byte[] reply, int reply_size);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_verify_password(int client, byte[] request, [In, Out] byte[] reply, int reply_size);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_settle_gate(int client, byte[] request, [In, Out] byte[] reply, int reply_size);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_one_code_pay(int client, byte[] request, [In, Out] byte[] reply, int reply_size);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_on_progress(int client, ProgressCall function, IntPtr user);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_on_call(int client, LineCall function, IntPtr user);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_cancel(int client, byte[] token);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_seal(int client, byte[] text, [In, Out] byte[] reply, int reply_size);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_unseal(int client, byte[] text, [In, Out] byte[] reply, int reply_size);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_check(int client, [In, Out] byte[] reply, int reply_size);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_explain(int client, int code, [In, Out] byte[] reply, int reply_size);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_dictionary(int client, byte[] name, [In, Out] byte[] reply, int reply_size);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_version([In, Out] byte[] reply, int reply_size);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_field(int client, byte[] json, byte[] path, [In, Out] byte[] value, int value_size);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_last_reply([In, Out] byte[] reply, int reply_size);
        [DllImport(Library, CallingConvention = CallingConvention.Cdecl)]
        internal static extern int ev_last_reply_size();
        // </gen:functions>
    }
}
