program FormTest;

{ The window of examples/delphi-form with a cashier at it: FormTest CHANNEL TAG. The form comes out of its .dfm, on a display.
  evoucher.json is beside this program. TAG makes this run's tokens its own. }

{$IFDEF FPC}
  {$IFNDEF UNICODE}{$MODE DELPHI}{$ENDIF}
{$ENDIF}
{$APPTYPE CONSOLE}
{$H+}

uses
  {$IFDEF FPC}Interfaces, Windows, Graphics,{$ENDIF} SysUtils, Classes, StdCtrls, Forms, Evoucher, Payments, HisBooks, CashierWork,
  CashierForm;

type
  { The channel falls silent when it is told to. }
  TBooks = class(THisBooks)
  public
    IsSilent: Boolean;
    Charges: Integer;
    function Charge(const Certificate, Channel, Serial, Amount: string): TEvOutcome; override;
    function Confirm(const Serial: string): TEvOutcome; override;
  end;

  { Its thread comes to nothing before it may. }
  TEarlyCheck = class(TCheckWork)
  protected
    procedure Work; override;
  public
    MayGo: Boolean;
  end;

  TTest = class
  public
    IsBroken, IsAway: Boolean;
    procedure Settle(Sender: TObject; const Token: string; var IsMade: Boolean);
    procedure Raised(Sender: TObject; Error: Exception);
  end;

var
  Form: TCashier;
  Books: TBooks;
  Test: TTest;
  Settled, Checks, Failures: Integer;

function TBooks.Charge(const Certificate, Channel, Serial, Amount: string): TEvOutcome;
begin
  Inc(Charges);
  Result := inherited Charge(Certificate, Channel, Serial, Amount);
  if IsSilent then
    Result := evUnknown;
end;

function TBooks.Confirm(const Serial: string): TEvOutcome;
begin
  Result := evUnknown;
  if not IsSilent then
    Result := inherited Confirm(Serial);
end;

procedure TEarlyCheck.Work;
begin
  while not MayGo do
    Sleep(1);
  inherited Work;
end;

procedure Check(Holds: Boolean; const What: string);
begin
  Inc(Checks);
  if not Holds then
  begin
    Inc(Failures);
    WriteLn('FAILED: ', What);
  end;
end;

procedure TTest.Settle(Sender: TObject; const Token: string; var IsMade: Boolean);
begin
  Inc(Settled);
  Check(Token <> '', 'of a patient');
  if IsAway then
    raise Exception.Create('the database is away');
  IsMade := not IsBroken;
end;

{ What an event raised, which would be shown in a box and waited for. }
procedure TTest.Raised(Sender: TObject; Error: Exception);
begin
  Check(False, Error.ClassName + ': ' + Error.Message);
end;

function Own(const Words: string): string;
begin
  Result := Words + '-' + ParamStr(2);
end;

{ One turn of the message loop. }
procedure Turn;
begin
  Application.ProcessMessages;
  Sleep(10);
end;

{ Until the form is free again. }
procedure WaitFree(const What: string);
var
  I: Integer;
begin
  I := 0;
  while Form.IsBusy and (I < 6000) do
  begin
    Turn;
    Inc(I);
  end;
  Check(not Form.IsBusy, What + ' ends');
end;

procedure WaitForCountdown;
var
  I: Integer;
begin
  I := 0;
  repeat
    Turn;
    Inc(I);
  until (Form.CountdownLabel.Caption <> '') or (I > 6000);
  Check(Form.CountdownLabel.Caption <> '', 'how long the patient has is shown');
end;

procedure Press(Button: TButton; const What: string);
begin
  Check(Button.Enabled, What + ' can be pressed');
  if Button.Enabled then
    Button.Click;
end;

{ What the screen shows of the window, for the guide: NAME.png beside this program. }
procedure Picture(const Name: string);
{$IFDEF FPC}
var
  Screen: HDC;
  Image: TBitmap;
  Png: TPortableNetworkGraphic;
begin
  Turn;
  Image := TBitmap.Create;
  Screen := GetDC(Form.Handle);
  Image.LoadFromDevice(Screen);
  ReleaseDC(Form.Handle, Screen);
  Png := TPortableNetworkGraphic.Create;
  Png.Assign(Image);
  Png.SaveToFile(ExtractFilePath(ParamStr(0)) + Name + '.png');
  Png.Free;
  Image.Free;
end;
{$ELSE}
begin
end;
{$ENDIF}

{ Sooner than a cashier can press. Whether anything was sent, the centre is asked by who runs this. }
procedure CancelEarly;
var
  Work: TEarlyCheck;
begin
  Work := TEarlyCheck.Create(Form.Centre, Own('auto1-early-df'), '', nil);
  Work.Cancel;
  Work.MayGo := True;
  while not Work.HasEnded do
    Turn;
  Check(not Work.Reply.Settles and (Work.Hint <> ''), 'an early cancel');
  Work.Free;
end;

procedure Cashier;
begin
  { A patient who does nothing, and a cashier who waits no longer. }
  Form.TokenEdit.Text := Own('pwd-df');
  Form.TotalEdit.Text := '100.00';
  Press(Form.CheckButton, 'check');
  Check(not Form.SettleButton.Enabled and not Form.PayButton.Enabled and not Form.TokenEdit.Enabled, 'one thing at a time');
  WaitForCountdown;
  Picture('waiting');
  Press(Form.CancelButton, 'cancel');
  WaitFree('a cancelled check');
  Check(Form.HintLabel.Caption <> '', 'says what now');
  Press(Form.SettleButton, 'settle');
  WaitFree('the gate');
  Check((Settled = 0) and (Form.HintLabel.Caption <> ''), 'not verified, not settled');

  { One who confirms. }
  Form.TokenEdit.Text := Own('auto1-df');
  Press(Form.CheckButton, 'check');
  WaitFree('a check');
  Check(Settled = 0, 'what the screen says settles nothing');
  Press(Form.SettleButton, 'settle');
  WaitFree('the gate');
  Check((Settled = 1) and (Form.HintLabel.Caption <> ''), 'settled once');
  Check(not Form.SettleButton.Enabled, 'a second click settles nothing');
  Form.TokenEdit.Text := '';
  Form.TokenEdit.Text := Own('auto1-df');
  Check(not Form.SettleButton.Enabled, 'nor does the same code once more');

  { Checked at the terminal. }
  Form.TokenEdit.Text := Own('pwd-df');
  Form.OfflineBox.Checked := True;
  Press(Form.SettleButton, 'settle');
  WaitFree('the gate');
  Check(Settled = 2, 'settled after the offline check');

  { And that counts for nobody else. }
  Form.TokenEdit.Text := Own('pwd-next-df');
  Check(not Form.OfflineBox.Checked, 'the next patient is checked, too');
  Press(Form.SettleButton, 'settle');
  WaitFree('the gate');
  Check(Settled = 2, 'not verified, not settled');

  { The hospital's own program does not settle. }
  Test.IsBroken := True;
  Form.TokenEdit.Text := Own('pwd-broken-df');
  Form.OfflineBox.Checked := True;
  Press(Form.SettleButton, 'settle');
  WaitFree('the gate');
  Test.IsBroken := False;
  Check((Settled = 3) and Form.SettleButton.Enabled, 'it may be tried again');
  Test.IsAway := True;
  Press(Form.SettleButton, 'settle');
  WaitFree('the gate');
  Test.IsAway := False;
  Check((Settled = 4) and (Form.DetailsLabel.Caption = 'the database is away'), 'says what it raised');

  CancelEarly;

  { What was scanned is nothing; what was typed is no amount. }
  Form.TokenEdit.Text := '';
  Press(Form.SettleButton, 'settle');
  Check(not Form.IsBusy and (Form.HintLabel.Caption <> ''), 'nobody is settled');
  Press(Form.CheckButton, 'check');
  Check(not Form.IsBusy and (Form.HintLabel.Caption <> ''), 'nothing is asked');
  Form.TokenEdit.Text := Own('signed-df');
  Form.SerialEdit.Text := Own('SN-D0');
  Form.AmountEdit.Text := '12.345';
  Press(Form.PayButton, 'pay');
  Check(not Form.IsBusy and (Pos(' 12.30 ', Form.HintLabel.Caption) > 0), 'says how one is written');
  Check((Books.Charges = 0) and (Books.State(Form.SerialEdit.Text) = 'unpaid'), 'no amount, no charge');

  { A payment, once. }
  Form.SerialEdit.Text := Own('SN-D1');
  Form.AmountEdit.Text := '12.30';
  Press(Form.PayButton, 'pay');
  Check(not Form.CancelButton.Enabled, 'a payment is not called off halfway');
  WaitFree('a payment');
  Check((Books.State(Form.SerialEdit.Text) = 'paid') and (Books.Charges = 1), 'paid once');
  Check(Pos(Form.SerialEdit.Text, Form.HintLabel.Caption) = 1, 'says so');
  Press(Form.PayButton, 'pay');
  WaitFree('a second click');
  Check(Books.Charges = 1, 'not twice');

  Form.AmountEdit.Text := '12.40';
  Press(Form.PayButton, 'pay');
  Check(not Form.IsBusy and (Books.Charges = 1), 'another amount is another bill');
  Check(Pos(Form.SerialEdit.Text, Form.HintLabel.Caption) = 1, 'says so');

  { The channel falls silent after it has charged. }
  Books.IsSilent := True;
  Form.SerialEdit.Text := Own('SN-D2');
  Form.AmountEdit.Text := '8.00';
  Press(Form.PayButton, 'pay');
  WaitFree('a silent channel');
  Check(Books.State(Form.SerialEdit.Text) = 'charging', 'nobody knows');
  Books.IsSilent := False;
  Press(Form.ConfirmButton, 'confirm');
  WaitFree('the channel''s word');
  Check((Books.State(Form.SerialEdit.Text) = 'paid') and (Books.Charges = 2), 'it was charged, once');

  { While money is moved the window stays. }
  Form.TokenEdit.Text := Own('signed-fault.slow-300@cert-df');
  Form.SerialEdit.Text := Own('SN-D3');
  Form.AmountEdit.Text := '8.00';
  Press(Form.PayButton, 'pay');
  Form.Close;
  WaitFree('a payment');
  Check(not Application.Terminated and (Books.State(Form.SerialEdit.Text) = 'paid'), 'what came of it is seen');
  Check(Pos(Form.SerialEdit.Text, Form.HintLabel.Caption) = 1, 'says so');

  { The window closes when its call has ended, and not before. }
  Form.TokenEdit.Text := Own('pwd-shuts-df');
  Press(Form.CheckButton, 'check');
  WaitForCountdown;
  Form.Close;
  Check(not Application.Terminated, 'it waits for its call');
  WaitFree('a closing form');
  Check(Application.Terminated, 'then it closes');
end;

var
  Centre: TEvoucher;
begin
  if ParamCount <> 2 then
    Halt(2);
  try
    Test := TTest.Create;
    Books := TBooks.Create(ParamStr(1), ExtractFilePath(ParamStr(0)) + 'bills.txt');
    Centre := TEvoucher.Create('@' + ExtractFilePath(ParamStr(0)) + 'evoucher.json');
    Application.Initialize;
    Application.OnException := Test.Raised;
    Application.CreateForm(TCashier, Form);
    Form.Centre := Centre;
    Form.Books := Books;
    Form.OnSettle := Test.Settle;
    Form.Show;
    Cashier;
    Form.Free;
    Centre.Free;
    Books.Free;
    Test.Free;
  except
    on Error: Exception do
      Check(False, Error.ClassName + ': ' + Error.Message);
  end;
  WriteLn(Checks, ' checks, ', Failures, ' failed');
  if (Failures <> 0) or (Checks = 0) then
    Halt(1);
end.
