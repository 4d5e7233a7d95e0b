program Demo;

{ The two flows, by hand, as a cashier's program runs them.

    Demo @evoucher.json password TOKEN TOTAL_AMOUNT
    Demo @evoucher.json pay TOKEN OWN_PAY_AMOUNT SERIAL_NUMBER

  and the password check as one call that waits for the patient, until Enter cancels it:

    Demo @evoucher.json wait TOKEN

  It ends with 0 when the settlement may go on, or the amount may be charged; with 1 when not. }

{$IFDEF FPC}
  {$IFNDEF UNICODE}{$MODE DELPHI}{$ENDIF}
{$ENDIF}
{$APPTYPE CONSOLE}

uses
  SysUtils, Classes, Evoucher;

procedure Show(const Step: string; const Reply: TEvReply);
begin
  WriteLn(Step, ': ', Reply.Hint, ' (next: ', Reply.Next, ', ', EvNextLabel(Reply.Next), '), ', Reply.Code, ' ', Reply.Message);
end;

{ The online password check: notify, then ask until the patient has verified. Only settle lets the settlement go on. }
function Password(Centre: TEvoucher; const Token, TotalAmount: string): Boolean;
var
  Reply: TEvReply;
  Tries: Integer;
begin
  Reply := Centre.TokenPwdCheckNotc(EvJson(['token', Token, 'totalAmount', TotalAmount]));
  Show('notify', Reply);
  Tries := 0;
  while (Reply.Next = 'wait') and (Tries < 60) do
  begin
    Sleep(2000);
    Reply := Centre.TokenPwdStas(EvJson(['token', Token]));
    Show('status', Reply);
    Inc(Tries);
  end;
  Result := Reply.Settles;
end;

type
  { Cancels when Enter is pressed. A form has a button for that. }
  TKeys = class(TThread)
  protected
    procedure Execute; override;
  public
    Flow: TEvFlow;
  end;

procedure TKeys.Execute;
begin
  if not Eof(Input) then
  begin
    ReadLn;
    Flow.Cancel;
  end;
end;

function Waiting(User: Pointer; Event: PAnsiChar): Integer; stdcall;
begin
  WriteLn('waiting for the patient (Enter: cancel)');
  Result := 0;
end;

{ The same as one call. In a form it belongs into a thread, as docs/integration.md shows. }
function Wait(Centre: TEvoucher; const Token: string): Boolean;
var
  Keys: TKeys;
  Reply: TEvReply;
begin
  { Neither is freed: they wait for Enter until the program ends. }
  Keys := TKeys.Create(True);
  Keys.Flow := TEvFlow.Create(Centre, Token);
  Keys.Flow.OnProgress(Waiting, nil);
  Keys.Resume;
  Reply := Keys.Flow.VerifyPassword(EvJson(['token', Token]));
  Show('verify', Reply);
  Result := Reply.Settles;
end;

{ One-code pay: status, then the certificate for exactly the amount that will be charged. }
function Pay(Centre: TEvoucher; const Token, Amount, SerialNumber: string): Boolean;
var
  Request: string;
  Reply: TEvReply;
begin
  Result := False;
  Reply := Centre.SignedQuery(EvJson(['token', Token]));
  Show('signed', Reply);
  if Reply.Next <> 'get_certificate' then
    Exit;
  Request := EvJson(['token', Token, 'ownPaySetlAmt', Amount, 'fixmedinsTrnsSn', SerialNumber]);
  Reply := Centre.GenPayCert(Request);
  Show('certificate', Reply);
  if Reply.Next = 'retry' then
  begin
    { Nobody knows whether it was issued: the same serial number and amount again, never new ones. }
    Reply := Centre.GenPayCert(Request);
    Show('certificate', Reply);
  end;
  if not Reply.Charges then
    Exit;
  { What comes next, so that nobody pays twice, is Payment.dpr. }
  WriteLn('charge ', Amount, ' at ', Centre.Field(Reply, 'data.payChnlName'), ' with ',
    Centre.Field(Reply, 'data.payCert'));
  Result := True;
end;

var
  Centre: TEvoucher;
  Done: Boolean;

begin
  if not (((ParamCount = 4) and (ParamStr(2) = 'password')) or ((ParamCount = 5) and (ParamStr(2) = 'pay'))
    or ((ParamCount = 3) and (ParamStr(2) = 'wait'))) then
  begin
    WriteLn('Demo @evoucher.json password TOKEN TOTAL_AMOUNT');
    WriteLn('Demo @evoucher.json pay TOKEN OWN_PAY_AMOUNT SERIAL_NUMBER');
    WriteLn('Demo @evoucher.json wait TOKEN');
    Halt(2);
  end;
  Done := False;
  try
    { One client for the whole program. }
    Centre := TEvoucher.Create(ParamStr(1));
    try
      if ParamStr(2) = 'password' then
        Done := Password(Centre, ParamStr(3), ParamStr(4))
      else if ParamStr(2) = 'wait' then
        Done := Wait(Centre, ParamStr(3))
      else
        Done := Pay(Centre, ParamStr(3), ParamStr(4), ParamStr(5));
    finally
      Centre.Free;
    end;
  except
    on Error: EEvoucher do
      WriteLn(Error.Message);
  end;
  if not Done then
    Halt(1);
end.
