// The guides' C#, in the program that they leave out: Recipes DIRECTORY TAG.
//
// A line that begins with //> is replaced by a snippet of a page. What the snippets use of a form is faked here; settling
// is counted. DIRECTORY holds the configurations of the cases, and becomes the place of evoucher.json; TAG makes this
// run's tokens its own.

using System;
using System.Collections.Concurrent;
using System.IO;
using System.Threading;
using Evoucher;

internal static class Program
{
//> docs/integration.md 1

    private static string tag;
    private static int checks, failures;

    private static int Main(string[] arguments)
    {
        Directory.SetCurrentDirectory(arguments[0]);
        tag = arguments[1];
        SynchronizationContext.SetSynchronizationContext(new FormThread());
        try
        {
            Opens();
            Form();
            Readme();
            OneFunction();
        }
        catch (Exception error)
        {
            Check(false, error.ToString());
        }
        Console.WriteLine("{0} checks, {1} failed", checks, failures);
        return failures == 0 && checks > 0 ? 0 : 1;
    }

    private static void Opens()
    {
        Configure("broken.json");
        Check(!OpenCentre(), "a configuration without an address");
        Check(MessageBox.Shown.Contains("localUrl") && !MessageBox.Shown.Contains("\\u"), "says so: " + MessageBox.Shown);
    }

    private static void Form()
    {
        Form("verified", "quick.json", "auto1-form-" + tag, true, null, null);
        Form("an empty token", "quick.json", "", false, null, null);
        Form("half a character", "quick.json", "\uD800", false, null, null);
        Form("a dead centre", "refused.json", "auto1-dead-" + tag, false, null, null);
        Form("not verified", "impatient.json", "pwd-form-" + tag, false, null, null);
        Action<CashierForm> cancel = delegate(CashierForm form) { form.Cancel(); };
        Form("cancelled at once", "quick.json", "auto1-early-" + tag, false, cancel, null);
        Form("cancelled later", "slow.json", "auto1-later-" + tag, false, null, cancel);
        Action<CashierForm> close = delegate(CashierForm form)
        {
            form.Close();
            Check(!form.IsClosed, "the form waits for its call");
        };
        Form("closed at once", "quick.json", "auto1-shut-" + tag, false, close, null);
        Form("closed later", "slow.json", "auto1-late-" + tag, false, null, close);
    }

    // What is done before the flow's thread has run at all, and what is done once the form shows progress.
    private static void Form(
        string what, string config, string token, bool settles, Action<CashierForm> atOnce, Action<CashierForm> later)
    {
        Configure(config);
        Check(OpenCentre(), what + ": the client opens");
        CashierForm form = new CashierForm();
        Late.Begin();
        form.Verify(token);
        Late.Started();
        if (atOnce != null)
        {
            atOnce(form);
        }
        Late.End();
        if (later != null)
        {
            FormThread.Until(delegate { return form.HasProgress; });
            later(form);
        }
        FormThread.Until(delegate { return form.IsIdle && form.IsClosed == form.IsClosing; });
        Check(form.Settled == (settles ? 1 : 0), what + ": settled " + form.Settled + " times, and says " + form.Label);
        Check(settles || form.Label.Length > 0, what + ": says why not");
        Centre.Dispose();
    }

    private static void Readme()
    {
        Readme("verified", "quick.json", "auto1-readme-" + tag, 1, null);
        Readme("an empty token", "quick.json", "", 0, null);
        Readme("a dead centre", "refused.json", "auto1-dead-" + tag, 0, null);
        Readme("not verified", "impatient.json", "pwd-readme-" + tag, 0, null);
        Readme("cancelled at once", "quick.json", "auto1-before-" + tag, 0, "before");
        Readme("cancelled later", "slow.json", "auto1-during-" + tag, 0, "during");
    }

    private static void Readme(string what, string config, string token, int settles, string cancel)
    {
        Configure(config);
        ReadmeProgram program = new ReadmeProgram();
        program.CancelsDuring = cancel == "during";
        if (cancel == "before")
        {
            program.Cancellation.Cancel();
        }
        program.Run(token);
        Check(program.Settled == settles, "README, " + what + ": settled " + program.Settled + " times");
        Check(settles == 1 || program.Shown.Length > 0, "README, " + what + ": says why not");
    }

    // The default client reads its configuration once.
    private static void OneFunction()
    {
        Configure("quick.json");
        OneFunction("verified", "auto1-trans-" + tag, 1);
        OneFunction("an empty token", "", 0);
        OneFunction("not verified", "pwd-trans-" + tag, 0);
    }

    private static void OneFunction(string what, string token, int settles)
    {
        ReadmeProgram program = new ReadmeProgram();
        EvoucherClient.Trans(
            "", "{\"transType\":\"tokenPwdCheckNotc\",\"data\":" + EvoucherJson.Object("token", token) + "}");
        program.Ask(token);
        Check(program.Settled == settles, "Trans, " + what + ": settled " + program.Settled + " times");
        Check(settles == 1 || program.Shown.Length > 0, "Trans, " + what + ": says why not");
    }

    private static void Configure(string name)
    {
        File.Copy(name, "evoucher.json", true);
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

// The window of docs/integration.md.
internal sealed class CashierForm : Form
{
//> docs/integration.md 2

    private readonly Control verifyButton = new Control();
    private readonly Control tokenBox = new Control();
    private readonly Control label = new Control();

    internal int Settled;

    internal CashierForm()
    {
        FormClosing += CashierForm_FormClosing;
    }

    internal bool IsIdle { get { return verifyButton.Enabled; } }

    internal bool HasProgress { get { return label.Text.Length > 0; } }

    internal string Label { get { return label.Text; } }

    internal void Verify(string scanned)
    {
        tokenBox.Text = scanned;
        verifyButton_Click(verifyButton, EventArgs.Empty);
    }

    internal void Cancel()
    {
        cancelButton_Click(this, EventArgs.Empty);
    }

    private void Settle()
    {
        Settled++;
    }
}

// The lines of examples/csharp/README.md, and of docs/nationectrans.zh-CN.md.
internal sealed class ReadmeProgram
{
    internal readonly CancellationTokenSource Cancellation = new CancellationTokenSource();
    internal bool CancelsDuring;
    internal int Settled;
    internal string Shown = "";

    internal void Run(string token)
    {
        CancellationTokenSource cancellation = Cancellation;
//> examples/csharp/README.md 1
    }

    internal void Ask(string token)
    {
        AskStatus(token);
    }

//> docs/nationectrans.zh-CN.md 1

    private void ShowWaiting()
    {
        if (CancelsDuring)
        {
            Cancellation.Cancel();
        }
    }

    private void Settle()
    {
        Settled++;
    }

    private void Show(string message)
    {
        Shown = message;
    }
}

internal class Form
{
    private volatile bool closed;

    public event EventHandler<FormClosingEventArgs> FormClosing;

    internal bool IsClosed { get { return closed; } }

    internal bool IsClosing;

    public void Close()
    {
        IsClosing = true;
        FormClosingEventArgs closing = new FormClosingEventArgs();
        FormClosing(this, closing);
        closed = !closing.Cancel;
    }

    // As the real one, it has no window to ask any more once it is closed.
    public void BeginInvoke(Delegate method)
    {
        if (closed)
        {
            throw new InvalidOperationException("BeginInvoke of a closed form");
        }
        FormThread.Add(delegate { method.DynamicInvoke(); });
    }
}

internal sealed class FormClosingEventArgs : EventArgs
{
    public bool Cancel;
}

internal sealed class Control
{
    public bool Enabled = true;
    public string Text = "";
}

internal static class MessageBox
{
    internal static string Shown = "";

    public static void Show(string text)
    {
        Shown = text;
    }
}

// The thread that a form's events, and what follows an await in them, run on.
internal sealed class FormThread : SynchronizationContext
{
    private static readonly BlockingCollection<Action> Events = new BlockingCollection<Action>();

    public override void Post(SendOrPostCallback callback, object state)
    {
        Add(delegate { callback(state); });
    }

    internal static void Add(Action step)
    {
        Events.Add(step);
    }

    internal static void Until(Func<bool> holds)
    {
        while (!holds())
        {
            Events.Take()();
        }
    }
}

// A thread that is started between Begin and Started does nothing before End.
internal static class Late
{
    private static readonly ManualResetEvent ended = new ManualResetEvent(false);

    private static readonly AsyncLocal<bool> waits = new AsyncLocal<bool>(
        delegate(AsyncLocalValueChangedArgs<bool> change)
        {
            if (change.ThreadContextChanged && change.CurrentValue)
            {
                ended.WaitOne();
            }
        });

    internal static void Begin()
    {
        ended.Reset();
        waits.Value = true;
    }

    internal static void Started()
    {
        waits.Value = false;
    }

    internal static void End()
    {
        ended.Set();
    }
}
