// CashierForm.cs - a cashier's window to copy: the online password check with progress and cancel, the settlement behind
// the gate, one-code pay that charges once, and a window that closes at the right moment.
//
// Compile it with Evoucher.cs, Typed.cs and Payment.cs of examples/csharp; README.md has the commands. It is C# 4 for .NET
// Framework 4.0 and later, and today's .NET. No call runs on the window's own thread.

using System;
using System.Drawing;
using System.Globalization;
using System.Threading;
using System.Threading.Tasks;
using System.Windows.Forms;
using Evoucher;

internal sealed class CashierForm : Form
{
    private readonly EvoucherClient centre;
    private readonly Channel channel;
    private readonly Bills bills;
    private readonly TaskScheduler window;

    private readonly TextBox token = new TextBox { Name = "token" };
    private readonly TextBox total = new TextBox { Name = "total" };
    private readonly TextBox serial = new TextBox { Name = "serial" };
    private readonly TextBox amount = new TextBox { Name = "amount" };
    private readonly Button check = new Button { Name = "check", Text = "线上核验" };
    private readonly Button cancel = new Button { Name = "cancel", Text = "取消等待" };
    private readonly CheckBox offline = new CheckBox { Name = "offline", Text = "线下已核验" };
    private readonly Button settle = new Button { Name = "settle", Text = "医保结算" };
    private readonly Button pay = new Button { Name = "pay", Text = "一码付" };
    private readonly Button confirm = new Button { Name = "confirm", Text = "核对扣款" };
    private readonly ProgressBar countdown = new ProgressBar { Name = "countdown" };
    private readonly Label hint = new Label { Name = "hint" };
    private readonly Label details = new Label { Name = "details" };

    // Of what is under way; null: nothing is.
    private CancellationTokenSource running;
    // A charge is never called off halfway.
    private bool isPaying;
    private bool isClosing;

    internal CashierForm(EvoucherClient centre, Channel channel, Bills bills)
    {
        this.centre = centre;
        this.channel = channel;
        this.bills = bills;
        Lay();
        // The thread that makes the form is the window's.
        window = TaskScheduler.FromCurrentSynchronizationContext();
        check.Click += delegate { Check(); };
        cancel.Click += delegate { running.Cancel(); };
        settle.Click += delegate { Settle(); };
        pay.Click += delegate { Pay(); };
        confirm.Click += delegate { ConfirmCharge(); };
        // A scanner ends with Enter.
        token.KeyDown += delegate(object sender, KeyEventArgs key)
        {
            if (key.KeyCode == Keys.Enter && check.Enabled)
            {
                key.SuppressKeyPress = true;
                Check();
            }
        };
        Enable();
        Say("请参保人出示医保码，扫码后按“线上核验”。", "");
    }

    /// <summary>Where the insurance settlement is made: put yours here.</summary>
    internal event Action<string> Settled;

    // 线上密码核验. Pressing it again for the same patient sends the notice again: that is what "resend" asks for.
    private void Check()
    {
        decimal? sum = null;
        if (total.Text.Trim() != "")
        {
            sum = Money(total);
            if (sum == null)
            {
                return;
            }
        }
        PasswordRequest request = new PasswordRequest { Token = token.Text, TotalAmount = sum };
        Begin("正在通知参保人……");
        After(centre.VerifyPasswordAsync(request, Told, running.Token), delegate(PasswordAnswer answer)
        {
            Say(answer.Hint, answer.Message);
            check.Text = answer.Next == NextStep.Resend ? answer.Next.Label() : "线上核验";
        });
    }

    // On the flow's thread: only posts to the window, and never waits for it.
    private void Told(FlowStep step)
    {
        BeginInvoke((Action)delegate
        {
            if (step.Remaining != null)
            {
                double all = (step.Elapsed + step.Remaining.Value).TotalSeconds;
                countdown.Value = (int)(100 * step.Remaining.Value.TotalSeconds / Math.Max(all, 1));
                Say(string.Format("等待参保人在手机上核验，还有 {0:0} 秒", step.Remaining.Value.TotalSeconds), "");
            }
            else if (step.Hint != "")
            {
                Say(step.Hint, "");
            }
        });
    }

    // At the moment of the settlement the centre is asked once more: what the screen says decides nothing.
    private void Settle()
    {
        string patient = token.Text;
        CheckMethod method = offline.Checked ? CheckMethod.Terminal : CheckMethod.Online;
        Begin("正在确认能否结算……");
        Task<PasswordAnswer> gate = centre.SettleGateAsync(
            Credential.QrCode, method, offline.Checked ? null : patient, offline.Checked, running.Token);
        After(gate, delegate(PasswordAnswer answer)
        {
            Say(answer.Hint, answer.Message);
            if (answer.Settles)
            {
                Say("可以结算，正在办理医保结算。", "");
                if (Settled != null)
                {
                    Settled(patient);
                }
            }
        });
    }

    // 一码付. Serial number and amount are the bill's, every time; Payment.cs notes the bill before each step.
    private void Pay()
    {
        decimal? sum = Money(amount);
        if (sum == null)
        {
            return;
        }
        string patient = token.Text;
        string due = sum.Value.ToString("0.00", CultureInfo.InvariantCulture);
        Bill bill = bills.FindOrAdd(serial.Text.Trim(), due);
        if (bill.Amount != due)
        {
            // Another amount is another bill.
            Say(bill.Serial + " 的金额是 " + bill.Amount + "；更正后的账单要用新的流水号。", "");
            return;
        }
        Charge(bill, delegate
        {
            if (bill.State == "asking" || bill.State == "charging")
            {
                Payment.ClearUp(centre, channel, bills, bill);
            }
            if (bill.State == "unpaid")
            {
                Payment.Pay(centre, channel, bills, bill, patient);
            }
        });
    }

    // What an earlier try, or an earlier run of the program, has left open. Until it is known, no money is taken for the bill.
    private void ConfirmCharge()
    {
        Bill bill = bills.Open().Find(open => open.Serial == serial.Text.Trim());
        if (bill == null)
        {
            Say("这张账单没有需要核对的扣款。", "");
            return;
        }
        Charge(bill, delegate { Payment.ClearUp(centre, channel, bills, bill); });
    }

    private void Charge(Bill bill, Action work)
    {
        isPaying = true;
        Begin("正在办理一码付，请稍候……");
        Task<string> task = Task.Factory.StartNew(delegate
        {
            work();
            return bill.State;
        }, TaskCreationOptions.LongRunning);
        After(task, delegate(string state)
        {
            switch (state)
            {
                case "paid":
                    Say(bill.Serial + " 已付款 " + bill.Amount + " 元，不要再收。", "");
                    break;
                case "unpaid":
                    Say(bill.Serial + " 没有扣款，请参保人换其他方式付，或再试一次。", "");
                    break;
                default:
                    Say(bill.Serial + " 扣款结果不明：不要收其他款，稍后按“核对扣款”。", "");
                    break;
            }
        });
    }

    private void Begin(string text)
    {
        running = new CancellationTokenSource();
        countdown.Value = 0;
        Say(text, "");
        Enable();
    }

    // Back on the window's thread, whatever came of it.
    private void After<T>(Task<T> task, Action<T> show)
    {
        task.ContinueWith(delegate
        {
            running = null;
            isPaying = false;
            countdown.Value = 0;
            if (task.IsFaulted)
            {
                // A mistake in the program or the machine; what the cashier does raises nothing.
                Say("程序出错，请联系信息科；不要结算，不要收款。", task.Exception.GetBaseException().Message);
            }
            else
            {
                show(task.Result);
            }
            Enable();
            if (isClosing)
            {
                Close();
            }
        }, window);
    }

    private void Enable()
    {
        bool isFree = running == null;
        token.Enabled = total.Enabled = serial.Enabled = amount.Enabled = isFree;
        check.Enabled = settle.Enabled = pay.Enabled = confirm.Enabled = offline.Enabled = isFree;
        cancel.Enabled = !isFree && !isPaying;
    }

    private void Say(string text, string more)
    {
        hint.Text = text;
        details.Text = more;
    }

    private decimal? Money(TextBox box)
    {
        decimal sum;
        bool isOne = decimal.TryParse(
            box.Text.Trim(), NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out sum);
        if (isOne && decimal.Round(sum, 2) == sum)
        {
            return sum;
        }
        Say("金额写成 12.30 的样子，最多两位小数。", box.Text);
        box.Focus();
        return null;
    }

    // Cancel, wait for the call, then go: a reply may hold a certificate. A payment goes on to its end.
    protected override void OnFormClosing(FormClosingEventArgs closing)
    {
        if (running != null)
        {
            closing.Cancel = true;
            isClosing = true;
            if (!isPaying)
            {
                running.Cancel();
            }
            Say(isPaying ? "正在办理一码付，办完自动关闭……" : "正在取消……", "");
        }
        base.OnFormClosing(closing);
    }

    private void Lay()
    {
        Text = "收费窗口";
        ClientSize = new Size(560, 330);
        FormBorderStyle = FormBorderStyle.FixedSingle;
        MaximizeBox = false;
        Put("医保码", token, 16, 330);
        Put("总额", total, 52, 120);
        Put("流水号", serial, 88, 200);
        Put("应付", amount, 124, 120);
        Control[] buttons = { check, cancel, offline, settle, pay, confirm };
        for (int i = 0; i < buttons.Length; i++)
        {
            buttons[i].SetBounds(16 + 89 * i, 164, 84, 32);
            Controls.Add(buttons[i]);
        }
        countdown.SetBounds(16, 208, 528, 10);
        hint.SetBounds(16, 228, 528, 48);
        hint.Font = new Font(Font.FontFamily, 13);
        details.SetBounds(16, 280, 528, 40);
        details.ForeColor = Color.DimGray;
        Controls.AddRange(new Control[] { countdown, hint, details });
    }

    private void Put(string name, Control box, int top, int width)
    {
        Controls.Add(new Label { Text = name, Bounds = new Rectangle(16, top + 4, 60, 24) });
        box.SetBounds(80, top, width, 26);
        Controls.Add(box);
    }
}
