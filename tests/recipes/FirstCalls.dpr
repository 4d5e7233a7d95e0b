program FirstCalls;

{ The calls of examples/delphi/README.md and docs/nationectrans.zh-CN.md, as they stand there: FirstCalls SITUATION TAG. }

{$IFDEF FPC}
  {$IFNDEF UNICODE}{$MODE DELPHI}{$ENDIF}
{$ENDIF}
{$APPTYPE CONSOLE}
{$H+}

uses
  SysUtils, Classes, Fakes, Evoucher;

var
  Centre: TEvoucher;
  Settled, Charged, Checks, Failures: Integer;

procedure Check(Holds: Boolean; const What: string);
begin
  Inc(Checks);
  if not Holds then
  begin
    Inc(Failures);
    WriteLn('FAILED: ', What);
  end;
end;

function Own(const Words: string): string;
begin
  Result := Words + '-' + ParamStr(2);
end;

procedure Settle;
begin
  Inc(Settled);
end;

function Charge(const Amount, Channel, Certificate: string): TEvOutcome;
begin
  Inc(Charged);
  Result := evPaid;
  Check(Amount = '12.30', 'the amount that was asked for');
  Check(Channel <> '', 'where it is charged');
  Check(Copy(Certificate, 1, 2) = 'PC', 'with which certificate');
end;

procedure Open;
begin
  {$I open.inc}
end;

procedure Verify(const Token: string);
var
  Reply: TEvReply;
begin
  {$I verify.inc}
end;

procedure Pay(const Token, SerialNumber: string);
var
  Reply: TEvReply;
begin
  {$I pay.inc}
end;

{$I trans.inc}

{ The default client, whose configuration is beside the DLL. }
procedure OneFunction(const Token: string);
begin
  TEvoucher.Trans('', '{"transType":"tokenPwdCheckNotc","data":' + EvJson(['token', Token]) + '}');
  AskStatus(Token);
end;

procedure Expect(const What: string; Settles, Charges: Integer);
begin
  Check(Settled = Settles, What + ' settled ' + IntToStr(Settled) + ' times');
  Check(Charged = Charges, What + ' charged ' + IntToStr(Charged) + ' times');
  Check(Boxes = 1 - Settles - Charges, What + ': ' + IntToStr(Boxes) + ' messages');
  if Boxes > 0 then
    Check(Shown <> '', What + ': the message says something');
  Settled := 0;
  Charged := 0;
  Boxes := 0;
end;

type
  { Somebody at another desk, who cancels as soon as there is something to cancel. }
  TCanceller = class(TThread)
  protected
    procedure Execute; override;
  public
    Token: string;
  end;

procedure TCanceller.Execute;
begin
  while Centre.Cancel(Token) = 0 do
    Sleep(1);
end;

procedure Cancelled(const Words: string; Pays: Boolean);
var
  Canceller: TCanceller;
begin
  Canceller := TCanceller.Create(True);
  Canceller.Token := Own(Words);
  Canceller.Resume;
  if Pays then
    Pay(Own(Words), Own('SN-cancel'))
  else
    Verify(Own(Words));
  Expect('a cancelled ' + Words, 0, 0);
  Canceller.WaitFor;
  Canceller.Free;
end;

begin
  if ParamCount <> 2 then
    Halt(2);
  try
    Open;
    try
      if ParamStr(1) = 'live' then
      begin
        Verify(Own('auto1-read'));
        Expect('verified', 1, 0);
        Pay(Own('signed-read'), Own('SN-read'));
        Expect('paid', 0, 1);
        Pay(Own('unsigned-read'), Own('SN-unsigned'));
        Expect('not signed up', 0, 0);
        Verify('');
        Expect('an empty token', 0, 0);
        Pay('', Own('SN-empty'));
        Expect('an empty token', 0, 0);
        Verify('x'#0'y');
        Expect('a NUL', 0, 0);
        Pay(StringOfChar('x', 41), Own('SN-long'));
        Expect('an over-long token', 0, 0);
        OneFunction(Own('auto1-trans'));
        Expect('verified, by Trans', 1, 0);
        OneFunction(Own('pwd-trans'));
        Expect('not verified, by Trans', 0, 0);
        OneFunction('');
        Expect('an empty token, by Trans', 0, 0);
        Cancelled('pwd-read', False);
        Cancelled('signed-fault.silence', True);
      end
      else if ParamStr(1) = 'brief' then
      begin
        Verify(Own('pwd-read'));
        Expect('not verified', 0, 0);
      end
      else if ParamStr(1) = 'dead' then
      begin
        Verify(Own('auto1-read'));
        Expect('a dead centre', 0, 0);
        Pay(Own('signed-read'), Own('SN-dead'));
        Expect('a dead centre', 0, 0);
        OneFunction(Own('auto1-trans'));
        Expect('a dead centre, by Trans', 0, 0);
      end;
      { What the guide does not write: the program ends here. }
    finally
      Centre.Free;
    end;
  except
    on Error: Exception do
      Check(False, Error.ClassName + ': ' + Error.Message);
  end;
  WriteLn(Checks, ' checks, ', Failures, ' failed');
  if (Failures <> 0) or (Checks = 0) then
    Halt(1);
end.
