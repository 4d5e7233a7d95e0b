unit CashierWork;

{ What a cashier's window asks for, each on a thread of its own, so that the window stays usable. It knows nothing of forms:
  CashierForm.pas is one that uses it. Delphi 7 to 12, and Free Pascal.

  A form makes one, is told on its own thread when it has ended, looks at what came of it, and frees it. Freeing one that
  has not ended cancels it, and waits. }

{$IFDEF FPC}
  {$IFNDEF UNICODE}{$MODE DELPHI}{$ENDIF}
{$ENDIF}
{$H+}

interface

uses
  SysUtils, Classes, Evoucher, Payments;

type
  TCashierWork = class(TThread)
  private
    FFlow: TEvFlow;
    FProblem: string;
    FRemaining: Integer;
    FEnded: TNotifyEvent;
    FHasEnded: Boolean;
    procedure Over(Sender: TObject);
  protected
    FCentre: TEvoucher;
    procedure Work; virtual; abstract;
    procedure Execute; override;
  public
    Reply: TEvReply;
    { Ended is called on the form's thread. }
    constructor Create(Centre: TEvoucher; const Token: string; Ended: TNotifyEvent);
    destructor Destroy; override;
    { At any time, also before the thread has run. A payment is not called off halfway. }
    procedure Cancel; virtual;
    function CanCancel: Boolean; virtual;
    { For the form's timer: how many seconds the patient still has; -1 while nobody waits. }
    function Remaining: Integer;
    { Whether the form was told that it has ended. }
    property HasEnded: Boolean read FHasEnded;
    { For the operator's screen, once it has ended. }
    function Hint: string; virtual;
    { For the details; that it went well needs none. }
    function Details: string; virtual;
  end;

  { The online password check. Reply.Settles: the settlement may be asked for. }
  TCheckWork = class(TCashierWork)
  private
    FRequest: string;
  protected
    procedure Work; override;
  public
    { Total: the pre-settlement's, '' when there is none. }
    constructor Create(Centre: TEvoucher; const Token, Total: string; Ended: TNotifyEvent);
  end;

  { At the moment of the settlement: may it go on? Only when Reply.Settles. }
  TGateWork = class(TCashierWork)
  private
    FOffline: Boolean;
    FToken: string;
  protected
    procedure Work; override;
  public
    { Offline: the terminal or the national library has checked the password. }
    constructor Create(Centre: TEvoucher; const Token: string; Offline: Boolean; Ended: TNotifyEvent);
  end;

  { A bill that is paid, or asked for again: State is what it has come to. }
  TPayWork = class(TCashierWork)
  private
    FBooks: TEvBooks;
    FSerial, FAmount, FToken: string;
    FConfirmOnly: Boolean;
    FState: string;
    procedure CheckedState;
  protected
    procedure Work; override;
  public
    { State: the bill's, out of your database. ConfirmOnly: asks what became of an earlier charge, and charges nothing. The
      books tell the state of the bill by Note. }
    constructor Create(Centre: TEvoucher; Books: TEvBooks; const Serial, Amount, State, Token: string;
      ConfirmOnly: Boolean; Ended: TNotifyEvent);
    procedure Cancel; override;
    function CanCancel: Boolean; override;
    function Hint: string; override;
    function Details: string; override;
    { unpaid, paid; anything else is open. }
    property State: string read FState write FState;
  end;

{ For the operator's screen, in numbers, since compilers read sources in the code page of their Windows. }
const
  { scan first }
  SCAN_FIRST: WideString = #$8BF7#$5148#$626B#$7801#$3002;
  { fill in this bill's serial number }
  NO_SERIAL: WideString = #$8BF7#$586B#$8FD9#$5F20#$8D26#$5355#$7684#$6D41#$6C34#$53F7#$3002;
  { amounts are written like 12.30, with two decimals at most }
  NO_AMOUNT: WideString = #$91D1#$989D#$5199#$6210' 12.30 '#$7684#$6837#$5B50#$FF0C#$6700#$591A#$4E24#$4F4D#$5C0F#$6570#$3002;
  { no open charge with this serial number here: look at the number }
  NOTHING_OPEN: WideString = #$672C#$673A#$6CA1#$6709#$8FD9#$4E2A#$6D41#$6C34#$53F7#$7684#$672A#$4E86#$6263#$6B3E#$FF0C#$8BF7#$6838#$5BF9#$6D41#$6C34#$53F7#$3002;
  { under way, please wait }
  WORKING: WideString = #$6B63#$5728#$529E#$7406#$FF0C#$8BF7#$7A0D#$5019#$2026#$2026;
  { under way: close the window when it is done }
  STAY: WideString = #$6B63#$5728#$529E#$7406#$FF0C#$8BF7#$7B49#$5B83#$529E#$5B8C#$518D#$5173#$95ED#$7A97#$53E3#$3002;
  { the settlement is made }
  SETTLEMENT_MADE: WideString = #$533B#$4FDD#$7ED3#$7B97#$5DF2#$5B8C#$6210#$3002;
  { the settlement is not made: look into it, and then press again }
  SETTLEMENT_NOT_MADE: WideString = #$533B#$4FDD#$7ED3#$7B97#$6CA1#$6709#$5B8C#$6210#$FF0C#$8BF7#$6838#$5BF9#$540E#$518D#$6309#$3002;
  { the hospital's own program raised, and nobody knows: look into it first }
  SETTLEMENT_UNKNOWN: WideString = #$533B#$4FDD#$7ED3#$7B97#$7ED3#$679C#$4E0D#$660E#$FF0C#$8BF7#$5148#$6838#$5BF9#$FF0C#$518D#$51B3#$5B9A#$662F#$5426#$91CD#$65B0#$7ED3#$7B97#$3002;

{ For the operator's screen: how long the patient still has. }
function WaitingHint(Seconds: Integer): string;

{ For the operator's screen: the bill is there with another amount. }
function OtherAmountHint(const Serial: string): string;

{ An amount with two decimals; '' for what is none. }
function TidyAmount(const Text: string): string;

implementation

{ The same, with something before or behind. }
const
  { waiting for the patient to confirm on the phone, still so many seconds }
  WAITING: WideString = #$7B49#$5F85#$53C2#$4FDD#$4EBA#$5728#$624B#$673A#$4E0A#$6838#$9A8C#$FF0C#$8FD8#$6709' ';
  SECONDS_LEFT: WideString = ' '#$79D2;
  { it is paid: take no more }
  PAID: WideString = ' '#$5DF2#$4ED8#$6B3E#$FF0C#$4E0D#$8981#$518D#$6536#$3002;
  { has another amount: a corrected bill needs a serial number of its own }
  OTHER_AMOUNT: WideString = ' '#$662F#$53E6#$4E00#$4E2A#$91D1#$989D#$FF1B#$66F4#$6B63#$540E#$7684#$8D26#$5355#$8981#$7528#$65B0#$7684#$6D41#$6C34#$53F7#$3002;
  { nothing was charged }
  NOT_PAID: WideString = ' '#$6CA1#$6709#$6263#$6B3E#$3002;
  { nobody knows whether it was charged: take no other money, ask the channel again later }
  NOBODY_KNOWS: WideString = ' '#$6263#$6B3E#$7ED3#$679C#$4E0D#$660E#$FF1A#$4E0D#$8981#$6536#$5176#$4ED6#$6B3E#$FF0C#$7A0D#$540E#$6309#$201C#$6838#$5BF9#$6263#$6B3E#$201D#$3002;

function TidyAmount(const Text: string): string;
var
  Point, I: Integer;
begin
  Result := Trim(Text);
  Point := Pos('.', Result);
  if Point = 0 then
  begin
    Point := Length(Result) + 1;
    Result := Result + '.';
  end;
  while Length(Result) < Point + 2 do
    Result := Result + '0';
  if (Point = 1) or (Length(Result) > Point + 2) then
    Result := '';
  for I := 1 to Length(Result) do
    if (I <> Point) and ((Result[I] < '0') or (Result[I] > '9')) then
    begin
      Result := '';
      Exit;
    end;
end;

function WaitingHint(Seconds: Integer): string;
begin
  Result := string(WAITING) + IntToStr(Seconds) + string(SECONDS_LEFT);
end;

function OtherAmountHint(const Serial: string): string;
begin
  Result := Serial + string(OTHER_AMOUNT);
end;

{ On the flow's thread. Of the DLL only EvField may be called here; a number needs not even that. }
function Step(User: Pointer; Event: PAnsiChar): Integer; stdcall;
const
  NAME: AnsiString = '"remainingMs":';
var
  Text: AnsiString;
  I, Value: Integer;
begin
  Result := 0;
  Text := Event;
  I := Pos(NAME, Text);
  Value := -1;
  if I > 0 then
  begin
    I := I + Length(NAME);
    Value := 0;
    while (I <= Length(Text)) and (Text[I] in ['0'..'9']) do
    begin
      Value := Value * 10 + Ord(Text[I]) - Ord('0');
      Inc(I);
    end;
    Value := (Value + 999) div 1000;
  end;
  { One word of memory: the form's thread sees the one or the other. }
  TCashierWork(User).FRemaining := Value;
end;

constructor TCashierWork.Create(Centre: TEvoucher; const Token: string; Ended: TNotifyEvent);
begin
  FCentre := Centre;
  FRemaining := -1;
  FFlow := TEvFlow.Create(Centre, Token);
  FFlow.OnProgress(Step, Self);
  FEnded := Ended;
  OnTerminate := Over;
  inherited Create(False);
end;

{ On the form's thread. }
procedure TCashierWork.Over(Sender: TObject);
begin
  FHasEnded := True;
  if Assigned(FEnded) then
    FEnded(Self);
end;

{ TThread.Destroy alone does not wait for OnTerminate. One that has ended cancels nothing: the next thing for the same patient
  may be under way. }
destructor TCashierWork.Destroy;
begin
  if (Handle <> 0) and not FHasEnded then
  begin
    Cancel;
    WaitFor;
  end;
  inherited Destroy;
  FFlow.Free;
end;

procedure TCashierWork.Execute;
begin
  try
    Work;
  except
    { A mistake in the program or the machine: what the cashier does raises nothing. The reply stays one that neither
      settles nor charges. }
    on Error: Exception do
      FProblem := Error.Message;
  end;
  FRemaining := -1;
end;

procedure TCashierWork.Cancel;
begin
  FFlow.Cancel;
end;

function TCashierWork.CanCancel: Boolean;
begin
  Result := True;
end;

function TCashierWork.Remaining: Integer;
begin
  Result := FRemaining;
end;

function TCashierWork.Hint: string;
begin
  Result := Reply.Hint;
  if FProblem <> '' then
    Result := FProblem;
end;

function TCashierWork.Details: string;
begin
  Result := '';
  if Reply.Code <> 0 then
    Result := Reply.Message;
end;

constructor TCheckWork.Create(Centre: TEvoucher; const Token, Total: string; Ended: TNotifyEvent);
begin
  FRequest := EvJson(['token', Token, 'totalAmount', Total]);
  inherited Create(Centre, Token, Ended);
end;

procedure TCheckWork.Work;
begin
  Reply := FFlow.VerifyPassword(FRequest);
end;

constructor TGateWork.Create(Centre: TEvoucher; const Token: string; Offline: Boolean; Ended: TNotifyEvent);
begin
  FOffline := Offline;
  FToken := Token;
  inherited Create(Centre, Token, Ended);
end;

procedure TGateWork.Work;
begin
  if FOffline then
    Reply := FCentre.SettleGate(True, 'qrcode', 'terminal', True, '')
  else
    Reply := FFlow.SettleGate(True, 'qrcode', 'online', False);
end;

constructor TPayWork.Create(Centre: TEvoucher; Books: TEvBooks; const Serial, Amount, State, Token: string;
  ConfirmOnly: Boolean; Ended: TNotifyEvent);
begin
  FBooks := Books;
  FSerial := Serial;
  FAmount := Amount;
  FState := State;
  FToken := Token;
  FConfirmOnly := ConfirmOnly;
  inherited Create(Centre, Token, Ended);
end;

{ What is open is asked for first: until it is known, nothing is charged. }
procedure TPayWork.Work;
begin
  if (FState = 'asking') or (FState = 'charging') then
  begin
    Reply := ClearUpBill(FCentre, FBooks, FSerial, FAmount);
    CheckedState;
  end;
  if (FState = 'unpaid') and not FConfirmOnly then
  begin
    Reply := PayBill(FCentre, FBooks, FSerial, FAmount, FToken);
    CheckedState;
    if FState = 'asking' then
    begin
      { The centre cannot be reached, say. Whether anything was charged the channel knows at once. }
      ClearUpBill(FCentre, FBooks, FSerial, FAmount);
      CheckedState;
    end;
  end;
end;

procedure TPayWork.CheckedState;
begin
  FState := FBooks.State(FSerial);
end;

procedure TPayWork.Cancel;
begin
end;

function TPayWork.CanCancel: Boolean;
begin
  Result := False;
end;

function TPayWork.Hint: string;
begin
  if FProblem <> '' then
    Result := FProblem
  else if FState = 'paid' then
    Result := FSerial + string(PAID)
  else if FState = 'unpaid' then
    Result := FSerial + string(NOT_PAID) + Reply.Hint
  else
    Result := FSerial + string(NOBODY_KNOWS);
end;

function TPayWork.Details: string;
begin
  Result := '';
  if FState <> 'paid' then
    Result := inherited Details;
end;

end.
