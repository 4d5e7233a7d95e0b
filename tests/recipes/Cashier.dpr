program Cashier;

{ The form of docs/integration.md with a cashier at it: Cashier SITUATION TAG. The page's two units and its part of the
  form are compiled as they stand there; this program is the rest of the form, and the cashier.

  SITUATION is what evoucher.json beside this program makes of it; TAG makes this run's tokens its own. }

{$IFDEF FPC}
  {$IFNDEF UNICODE}{$MODE DELPHI}{$ENDIF}
{$ENDIF}
{$APPTYPE CONSOLE}
{$H+}

uses
  SysUtils, Classes, Fakes, Evoucher, HisCentre, VerifyThread;

{$I form.inc}

var
  Form: TCashierForm;
  Settled, Checks, Failures: Integer;

procedure TCashierForm.Settle;
begin
  Inc(Settled);
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

function Token(const Words: string): string;
begin
  Result := Words + '-' + ParamStr(2);
end;

procedure OpenForm;
begin
  Settled := 0;
  Boxes := 0;
  Form := TCashierForm.Create(nil);
  Form.TokenEdit := TEdit.Create(Form);
  Form.StatusLabel := TLabel.Create(Form);
  Form.VerifyButton := TButton.Create(Form);
  Form.VerifyButton.OnClick := Form.VerifyButtonClick;
  Form.CancelButton := TButton.Create(Form);
  Form.CancelButton.OnClick := Form.CancelButtonClick;
end;

procedure CloseForm;
begin
  Form.FormDestroy(Form);
  FreeAndNil(Form);
end;

procedure Scan(const Words: string);
begin
  Form.TokenEdit.Text := Words;
  Form.VerifyButton.Click;
end;

{ What a form does while nobody touches it: here until the flow has ended. }
procedure Idle;
begin
  while not Form.VerifyButton.Enabled do
    CheckSynchronize(10);
end;

{ The notice has reached the centre: an auto1 token is verified by the first who asks after that. }
procedure AwaitNotice(const Words: string);
begin
  while not Centre.TokenPwdStas(EvJson(['token', Words])).Settles do
    Sleep(10);
end;

procedure Verifies;
begin
  OpenForm;
  Scan(Token('auto1'));
  Check(not Form.VerifyButton.Enabled, 'the button is off while the flow runs');
  Idle;
  Check(Settled = 1, 'settled ' + IntToStr(Settled) + ' times');
  { A patient who needs no password, with the same form. }
  Scan(Token('nopwd'));
  Idle;
  Check(Settled = 2, 'settled ' + IntToStr(Settled) + ' times, the second patient too');
  Check(Boxes = 0, 'nothing is raised: ' + Shown);
  CloseForm;
end;

procedure RefusesText(const What, Text: string);
begin
  OpenForm;
  Scan(Text);
  Idle;
  Check(Settled = 0, What + ' settled');
  Check(Form.StatusLabel.Caption <> '', What + ': the cashier is told');
  Check(Boxes = 0, What + ' is raised: ' + Shown);
  CloseForm;
end;

procedure Misreads;
begin
  RefusesText('an empty token', '');
  RefusesText('an over-long token', StringOfChar('x', 41));
  RefusesText('a token of control characters', #27#9#13#10);
  RefusesText('a token with a NUL', 'x'#0'y');
  RefusesText('a token with a NUL after a lead byte', 'x'#$81#0'y');
  RefusesText('a token with quotes', '","token":"' + Token('nopwd'));
end;

procedure CancelsAtOnce;
begin
  OpenForm;
  Held := True;
  Scan(Token('auto1-early'));
  Form.CancelButton.Click;
  Held := False;
  Idle;
  Check(Settled = 0, 'settled although cancelled at once');
  Check(Form.FVerify.Reply.Code = EV_CANCELLED, 'cancelled at once: ' + Form.FVerify.Reply.Json);
  Check(Form.FVerify.Reply.Delivery = 'not_sent', 'cancelled at once: ' + Form.FVerify.Reply.Delivery);
  { The next patient is not touched by it. }
  Scan(Token('auto1-next'));
  Idle;
  Check(Settled = 1, 'the patient after a cancelled one');
  CloseForm;
end;

procedure CancelsLater;
begin
  OpenForm;
  Scan(Token('auto1-later'));
  AwaitNotice(Token('auto1-later'));
  Form.CancelButton.Click;
  Idle;
  Check(Settled = 0, 'settled although cancelled');
  Check(Form.FVerify.Reply.Code = EV_CANCELLED, 'cancelled: ' + Form.FVerify.Reply.Json);
  Check(Form.StatusLabel.Caption <> '', 'the cashier is told of the cancel');
  CloseForm;
end;

procedure ClosesWhileWaiting;
begin
  OpenForm;
  Scan(Token('auto1-close'));
  AwaitNotice(Token('auto1-close'));
  CloseForm;
  Check(Settled = 0, 'settled while the form was waiting and closing');
end;

procedure ClosesAtOnce;
begin
  OpenForm;
  Scan(Token('auto1-shut'));
  CloseForm;
  Check(Settled = 0, 'settled while the form was closing at once');
end;

type
  TAnswer = class
  public
    Came: Boolean;
    procedure Comes(Sender: TObject);
  end;

{ Runs on the thread that has something for the form. }
procedure TAnswer.Comes(Sender: TObject);
begin
  Came := True;
end;

procedure ClosesAsTheAnswerComes;
var
  Answer: TAnswer;
begin
  Answer := TAnswer.Create;
  WakeMainThread := Answer.Comes;
  OpenForm;
  Scan(Token('auto1-edge'));
  while not Answer.Came do
    Sleep(1);
  WakeMainThread := nil;
  CloseForm;
  Check(Settled = 0, 'settled by a form that was closing');
  Answer.Free;
end;

{ The thread's own call raises: its client is not there any more. }
procedure RaisesInTheThread;
var
  Caption: string;
begin
  OpenForm;
  Held := True;
  Scan(Token('auto1-raise'));
  EvClose(Centre.Client);
  Held := False;
  Idle;
  Caption := Form.StatusLabel.Caption;
  Check(Settled = 0, 'settled although the call had raised');
  Check((Caption <> '') and (Pos('\u', Caption) = 0) and (Pos('{', Caption) = 0),
    'the cashier is told what was raised: ' + Caption);
  CloseForm;
end;

procedure CannotOpen;
begin
  OpenForm;
  Scan(Token('auto1'));
  Check(Settled = 0, 'settled without a client');
  Check(Form.VerifyButton.Enabled, 'the button stays on');
  Check((Boxes = 1) and (Pos('localUrl', Shown) > 0), 'the field of the configuration is named: ' + Shown);
  CloseForm;
end;

begin
  if ParamCount <> 2 then
    Halt(2);
  try
    if ParamStr(1) = 'live' then
    begin
      Verifies;
      Misreads;
      CancelsAtOnce;
      ClosesAtOnce;
      ClosesAsTheAnswerComes;
      RaisesInTheThread;
    end
    else if ParamStr(1) = 'slow' then
    begin
      CancelsLater;
      ClosesWhileWaiting;
    end
    else if ParamStr(1) = 'brief' then
      RefusesText('a patient who does not verify', Token('pwd'))
    else if ParamStr(1) = 'dead' then
      RefusesText('a dead centre', Token('auto1'))
    else if ParamStr(1) = 'broken' then
      CannotOpen;
  except
    on Error: Exception do
      Check(False, Error.ClassName + ': ' + Error.Message);
  end;
  WriteLn(Checks, ' checks, ', Failures, ' failed');
  if (Failures <> 0) or (Checks = 0) then
    Halt(1);
end.
