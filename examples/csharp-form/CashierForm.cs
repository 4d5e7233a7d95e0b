// CashierForm.cs - a cashier's window to copy: the online password check with progress and cancel, the settlement behind
// the gate, one-code pay that charges once, and a window that closes at the right moment.
//
// Compile it with Evoucher.cs, Typed.cs and Payment.cs of examples/csharp; README.md has the commands. It is C# 4 for .NET
// Framework 4.0 and later, and today's .NET. No call runs on the window's own thread.

using System;
using System.Collections.Generic;
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
    // A settlement or a charge is never called off halfway.
    private bool isMoney;
    private bool isClosing;
    // Whose settlement was made last: a second click comes after the first.
    private string settledToken;
    // What the last question of a check came to, when it was no answer.
    private string trouble;

    internal CashierForm(EvoucherClient centre, Channel channel, Bills bills)
    {
        this.centre = centre;
        this.channel = channel;
        this.bills = bills;
        Lay();
        // The thread that makes the form is the window's.
        window = TaskScheduler.FromCurrentSynchronizationContext();
        check.Click += delegate { Check(); };
        cancel.Click += delegate
        {
            if (running != null)
            {
                running.Cancel();
            }
        };
        settle.Click += delegate { Settle(); };
        pay.Click += delegate { Pay(); };
        confirm.Click += delegate { ConfirmCharge(); };
        // Another code is another patient: nothing of the one before counts.
        token.TextChanged += delegate
        {
            offline.Checked = false;
            check.Text = "线上核验";
            total.Text = serial.Text = amount.Text = "";
            Say("", "");
            Enable();
        };
        Shown += delegate { ConfirmAll(); };
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

    /// <summary>Makes the insurance settlement of this patient (token) and says whether it was made: put yours here. It runs on
    /// a thread of its own, once for a patient, and the window waits for it; what it throws is shown.</summary>
    internal Func<string, bool> Settlement { get; set; }

    // 线上密码核验. Pressing it again for the same patient sends the notice again: that is what "resend" asks for.
    private void Check()
    {
        if (!HasToken())
        {
            return;
        }
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
        trouble = "";
        Run("正在通知参保人……", () => centre.VerifyPasswordAsync(request, Told, running.Token), delegate(PasswordAnswer answer)
        {
            Say(answer);
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
                Say(string.Format("等待参保人在手机上核验，还有 {0:0} 秒", step.Remaining.Value.TotalSeconds), trouble);
            }
            else
            {
                // While it goes on, what went wrong stays to be seen.
                trouble = step.Next == NextStep.Wait ? "" : step.Hint;
            }
        });
    }

    // At the moment of the settlement the centre is asked once more: what the screen says decides nothing.
    private void Settle()
    {
        if (!HasToken())
        {
            return;
        }
        string patient = token.Text;
        bool isOffline = offline.Checked;
        bool isMade = false;
        CheckMethod method = isOffline ? CheckMethod.Terminal : CheckMethod.Online;
        Run("正在确认能否结算……", delegate
        {
            Task<PasswordAnswer> gate = centre.SettleGateAsync(
                Credential.QrCode, method, isOffline ? null : patient, isOffline, running.Token);
            return gate.ContinueWith(delegate
            {
                if (gate.Result.Settles)
                {
                    Invoke((Action)delegate
                    {
                        isMoney = true;
                        Say("可以结算，正在办理医保结算……", "");
                        Enable();
                    });
                    isMade = Settlement(patient);
                }
                return gate.Result;
            }, TaskContinuationOptions.LongRunning);
        }, delegate(PasswordAnswer answer)
        {
            if (!answer.Settles)
            {
                Say(answer);
            }
            else if (isMade)
            {
                settledToken = patient;
                Say("医保结算已完成。", "", Color.DarkGreen);
            }
            else
            {
                Say("医保结算没有完成，请核对后再按“医保结算”。", "", Color.Firebrick);
            }
        });
    }

    // 一码付. Serial number and amount are the bill's, every time; Payment.cs notes the bill before each step.
    private void Pay()
    {
        if (!HasToken())
        {
            return;
        }
        decimal? sum = Money(amount);
        if (sum == null)
        {
            return;
        }
        string patient = token.Text;
        string number = serial.Text.Trim();
        if (number == "" || number.IndexOf('\t') >= 0)
        {
            Say("请填这张账单的流水号。", "");
            return;
        }
        string due = sum.Value.ToString("0.00", CultureInfo.InvariantCulture);
        Bill bill = bills.FindOrAdd(number, due);
        if (bill.Amount != due)
        {
            // Another amount is another bill.
            Say(bill.Serial + " 的金额是 " + bill.Amount + "；更正后的账单要用新的流水号。", "");
            return;
        }
        Charge("正在办理一码付，请稍候……", bill, delegate
        {
            EvoucherReply reply = null;
            if (bill.State == "asking" || bill.State == "charging")
            {
                reply = Payment.ClearUp(centre, channel, bills, bill);
            }
            if (bill.State == "unpaid")
            {
                reply = Payment.Pay(centre, channel, bills, bill, patient);
            }
            if (bill.State == "asking")
            {
                // The centre cannot be reached, say. Whether anything was charged the channel knows at once.
                Payment.ClearUp(centre, channel, bills, bill);
            }
            return reply;
        });
    }

    // What an earlier try, or an earlier run of the program, has left open. Until it is known, no money is taken for the bill.
    private void ConfirmCharge()
    {
        Bill bill = bills.Open().Find(open => open.Serial == serial.Text.Trim());
        if (bill != null)
        {
            Charge("正在核对扣款……", bill, () => Payment.ClearUp(centre, channel, bills, bill));
        }
        else if (serial.Text.Trim() == "" && bills.Open().Count > 0)
        {
            ConfirmAll();
        }
        else
        {
            Say("本机没有这个流水号的未了扣款，请核对流水号。", "");
        }
    }

    // When the window is shown first: an earlier run may have ended at any moment.
    private void ConfirmAll()
    {
        List<Bill> open = bills.Open();
        if (open.Count == 0)
        {
            return;
        }
        isMoney = true;
        Run("正在核对上次没有结果的 " + open.Count + " 张账单……", () => Task.Factory.StartNew(delegate
        {
            foreach (Bill bill in open)
            {
                Payment.ClearUp(centre, channel, bills, bill);
            }
            return bills.Open();
        }, TaskCreationOptions.LongRunning), delegate(List<Bill> left)
        {
            if (left.Count == 0)
            {
                Say("上次没有结果的账单都已核对清楚。", "");
                return;
            }
            string numbers = string.Join("、", left.ConvertAll(bill => bill.Serial).ToArray());
            Say(left.Count + " 张账单扣款结果不明：不要收其他款，稍后按“核对扣款”。", numbers, Color.Firebrick);
        });
    }

    private void Charge(string text, Bill bill, Func<EvoucherReply> work)
    {
        isMoney = true;
        Run(text, () => Task.Factory.StartNew(work, TaskCreationOptions.LongRunning), delegate(EvoucherReply reply)
        {
            switch (bill.State)
            {
                case "paid":
                    Say(bill.Serial + " 已付款 " + bill.Amount + " 元，不要再收。", "", Color.DarkGreen);
                    break;
                case "unpaid":
                    Say(bill.Serial + " 没有扣款。" + (reply == null ? "" : reply.Hint), reply == null ? "" : reply.Message);
                    break;
                default:
                    Say(bill.Serial + " 扣款结果不明：不要收其他款，稍后按“核对扣款”。", "", Color.Firebrick);
                    break;
            }
        });
    }

    // Starts it, and shows what came of it back on the window's thread.
    private void Run<T>(string text, Func<Task<T>> start, Action<T> show)
    {
        running = new CancellationTokenSource();
        countdown.Value = 0;
        Say(text, "");
        Enable();
        Task<T> task;
        try
        {
            task = start();
        }
        catch (Exception error)
        {
            End(delegate { Failed(error); });
            return;
        }
        task.ContinueWith(delegate
        {
            End(delegate
            {
                if (task.IsFaulted)
                {
                    Failed(task.Exception.GetBaseException());
                }
                else
                {
                    show(task.Result);
                }
            });
        }, window);
    }

    private void End(Action show)
    {
        running = null;
        isMoney = false;
        countdown.Value = 0;
        show();
        Enable();
        // For the next scan.
        token.Focus();
        token.SelectAll();
        if (isClosing)
        {
            Close();
        }
    }

    // A mistake in the program or the machine; what the cashier does raises nothing.
    private void Failed(Exception error)
    {
        Say("程序出错，请联系信息科；是否已结算、已扣款，先核对，不要重收。", error.Message, Color.Firebrick);
    }

    private void Enable()
    {
        bool isFree = running == null;
        token.Enabled = total.Enabled = serial.Enabled = amount.Enabled = isFree;
        check.Enabled = pay.Enabled = confirm.Enabled = offline.Enabled = isFree;
        settle.Enabled = isFree && token.Text != settledToken;
        cancel.Enabled = !isFree && !isMoney;
    }

    private void Say(Answer answer)
    {
        // That it went well needs no details.
        Say(answer.Hint, answer.Code == 0 ? "" : answer.Message);
    }

    private void Say(string text, string more)
    {
        Say(text, more, Color.Black);
    }

    private void Say(string text, string more, Color colour)
    {
        hint.Text = text;
        hint.ForeColor = colour;
        details.Text = more;
    }

    private bool HasToken()
    {
        if (token.Text.Trim() != "")
        {
            return true;
        }
        Say("请先扫码。", "");
        return false;
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

    // Cancel, wait for the call, then go: a reply may hold a certificate. While money is moved the window stays, since the
    // cashier has to see what came of it.
    protected override void OnFormClosing(FormClosingEventArgs closing)
    {
        if (running != null)
        {
            closing.Cancel = true;
            if (isMoney)
            {
                Say("正在办理，请等它办完再关闭窗口……", "");
            }
            else
            {
                isClosing = true;
                running.Cancel();
                Say("正在取消……", "");
            }
        }
        base.OnFormClosing(closing);
    }

    private void Lay()
    {
        Text = "收费窗口";
        ClientSize = new Size(600, 372);
        FormBorderStyle = FormBorderStyle.FixedSingle;
        MaximizeBox = false;
        Put(this, "医保码", token, 16, 16, 420);
        GroupBox insurance = Group("医保结算", 52);
        Put(insurance, "总额", total, 16, 24, 100);
        Line(insurance, 196, 22, check, offline, settle);
        GroupBox ownPay = Group("自费一码付", 124);
        Put(ownPay, "流水号", serial, 16, 24, 140);
        Put(ownPay, "应付", amount, 228, 24, 80);
        Line(ownPay, 376, 22, pay, confirm);
        countdown.SetBounds(16, 204, 470, 24);
        hint.SetBounds(16, 244, 568, 72);
        hint.Font = new Font(Font.FontFamily, 13);
        details.SetBounds(16, 322, 568, 40);
        details.ForeColor = Color.DimGray;
        Controls.AddRange(new Control[] { countdown, hint, details });
        Line(this, 496, 200, cancel);
    }

    private GroupBox Group(string name, int top)
    {
        GroupBox group = new GroupBox { Text = name, Bounds = new Rectangle(16, top, 568, 64) };
        Controls.Add(group);
        return group;
    }

    private static void Put(Control parent, string name, Control box, int left, int top, int width)
    {
        parent.Controls.Add(new Label { Text = name, Bounds = new Rectangle(left, top + 4, 56, 24) });
        box.SetBounds(left + 60, top, width, 26);
        parent.Controls.Add(box);
    }

    private static void Line(Control parent, int left, int top, params Control[] controls)
    {
        for (int i = 0; i < controls.Length; i++)
        {
            controls[i].SetBounds(left + 92 * i, top, 88, 30);
            parent.Controls.Add(controls[i]);
        }
    }
}
