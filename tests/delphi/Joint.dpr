program Joint;

{ A Pascal program against the simulated centre: Joint DIRECTORY TAG.

  DIRECTORY holds evoucher.json (charset gbk where string is bytes, as in Delphi 7; utf-8 where it is UTF-16, as since
  Delphi 2009), refused.json and other-charset.json; TAG makes this run's tokens its own.

  It runs with Pascal's own floating-point state: invalid operation, division by zero and overflow raise exceptions. }

{$IFDEF FPC}
  {$IFNDEF UNICODE}{$MODE DELPHI}{$ENDIF}
{$ENDIF}
{$APPTYPE CONSOLE}
{$H+}

uses
  Windows, SysUtils, Classes, Evoucher;

var
  Checks, Failures: Integer;
  Directory, Tag: string;
  ControlWord: Word;
  SseControl: Cardinal;

procedure Check(Holds: Boolean; const What: string);
begin
  Inc(Checks);
  if not Holds then
  begin
    Inc(Failures);
    WriteLn('FAILED: ', What);
  end;
end;

{ Only the exceptions and the modes of calculation: the flags below them are results. }
procedure CheckFloatState(const After: string);
begin
  {$IFDEF CPUI386}
  Check(Get8087CW = ControlWord, After + ': the x87 control word changed');
  {$ENDIF}
  Check((GetMXCSR and $FFC0) = SseControl, After + ': MXCSR changed');
end;

procedure Expect(const Step: string; const Reply: TEvReply; Code: Integer; const Next: string);
begin
  Check((Reply.Code = Code) and (Reply.Next = Next),
    Step + ': ' + IntToStr(Reply.Code) + ' ' + Reply.Next + ' ' + Reply.Message);
  Check((Reply.Hint <> '') = (Next <> ''), Step + ', for the operator: ' + Reply.Hint);
  Check((Next = '') or (EvNextLabel(Next) <> Next), Step + ' has no label');
  CheckFloatState(Step);
end;

function Chinese(const Utf16: array of Word): string;
var
  Wide: WideString;
  I: Integer;
begin
  Wide := '';
  for I := Low(Utf16) to High(Utf16) do
    Wide := Wide + WideChar(Utf16[I]);
  {$IFDEF UNICODE}
  Result := Wide;
  {$ELSE}
  { What a Chinese Windows does by itself; this one may have another code page. }
  Result := '';
  for I := 1 to Length(Wide) do
    case Word(Wide[I]) of
      $7ED3: Result := Result + #$BD#$E1;
      $7B97: Result := Result + #$CB#$E3;
      $5F20: Result := Result + #$D5#$C5;
      $4E09: Result := Result + #$C8#$FD;
      $8BDA: Result := Result + #$B3#$CF;
      { The second byte of this one is a backslash. }
      $8AA0: Result := Result + #$D5#$5C;
      $6D4B: Result := Result + #$B2#$E2;
      $8BD5: Result := Result + #$CA#$D4;
    else
      Result := Result + AnsiChar(Ord(Wide[I]));
    end;
  {$ENDIF}
end;

function Token(const Words: string): string;
begin
  Result := Words + '-' + Tag;
end;

function Opened(const Name: string): TEvoucher;
begin
  Result := TEvoucher.Create('@' + Directory + '/' + Name);
end;

procedure Flows(Centre: TEvoucher);
var
  Reply: TEvReply;
  Pay: string;
begin
  Reply := Centre.TokenPwdCheckNotc(EvJson(['token', Token('auto2'), 'totalAmount', '100.00']));
  Expect('notify', Reply, 0, 'wait');
  Expect('status', Centre.TokenPwdStas(EvJson(['token', Token('auto2')])), 0, 'wait');
  Reply := Centre.TokenPwdStas(EvJson(['token', Token('auto2')]));
  Expect('status', Reply, 0, 'settle');
  Check(Centre.Field(Reply, 'data.checkStas') = '1', 'checkStas');
  Expect('no password', Centre.TokenPwdCheckNotc(EvJson(['token', Token('nopwd')])), 500320, 'settle');

  Reply := Centre.SignedQuery(EvJson(['token', Token('signed')]));
  Expect('signed', Reply, 0, 'get_certificate');
  Check(Centre.Field(Reply, 'data.payChnlUserName') = Chinese([$5F20, Ord('*'), $4E09]), 'Chinese from the centre');
  Pay := EvJson(['token', Token('signed'), 'ownPaySetlAmt', '12.30', 'fixmedinsTrnsSn', 'SN-1']);
  Reply := Centre.GenPayCert(Pay);
  Expect('certificate', Reply, 0, 'charge');
  Check(Copy(Centre.Field(Reply, 'data.payCert'), 1, 2) = 'PC', 'payCert');
  Expect('unsigned', Centre.SignedQuery(EvJson(['token', Token('unsigned')])), 0, 'other_payment');
  Expect('by name', Centre.Call('signedQuery', EvJson(['token', Token('codem6')])), -6, 'retry_later');
  Check(Centre.Field(Reply, 'data.nothing') = '', 'a field that is not there');
end;

var
  Steps: Integer;

{ Runs with this program's own floating-point state. }
function Progress(User: Pointer; Event: PAnsiChar): Integer; stdcall;
begin
  Inc(Steps);
  CheckFloatState('progress');
  Result := 0;
end;

procedure WholeFlows(Centre: TEvoucher);
var
  Reply: TEvReply;
begin
  Steps := 0;
  Check(EvOnProgress(Centre.Client, Progress, nil) = 0, 'on progress');
  Expect('verify', Centre.VerifyPassword(EvJson(['token', Token('auto1-flow')])), 0, 'settle');
  Check(Steps > 1, 'progress was told of ' + IntToStr(Steps) + ' steps');
  Check(EvOnProgress(Centre.Client, nil, nil) = 0, 'progress ends');
  Expect('gate', Centre.SettleGate(True, 'qrcode', 'online', False, Token('auto1-flow')), 0, 'settle');
  Reply := Centre.SettleGate(True, 'card', 'terminal', False, '');
  Check(Reply.Code = EV_NOT_ALLOWED, 'the gate stays shut: ' + Reply.Json);
  Reply := Centre.OneCodePay(EvJson(
    ['token', Token('signed-flow'), 'ownPaySetlAmt', '12.30', 'fixmedinsTrnsSn', 'SN-flow-' + Tag]));
  Expect('pay', Reply, 0, 'charge');
  Check(Centre.CheckSetup.Code = 0, 'self-test');
  CheckFloatState('self-test');
end;

procedure Troubles(Centre: TEvoucher);
var
  Other: TEvoucher;
  Reply: TEvReply;
begin
  Reply := Centre.GenPayCert(EvJson(
    ['token', Token('signed-fault.half'), 'ownPaySetlAmt', '12.30', 'fixmedinsTrnsSn', 'SN-2']));
  Expect('half a reply', Reply, EV_CONNECTION_LOST, 'retry');
  Check(Reply.Delivery = 'unknown', 'delivery of half a reply');
  Expect('another key', Centre.SignedQuery(EvJson(['token', Token('signed-fault.wrong-key')])), EV_DECRYPT,
    'other_payment');
  Other := Opened('refused.json');
  try
    Reply := Other.TokenPwdCheckNotc(EvJson(['token', Token('auto1')]));
    Expect('nobody there', Reply, EV_CONNECT, 'offline_check');
    Check(Reply.Delivery = 'not_sent', 'delivery to nobody');
  finally
    Other.Free;
  end;
end;

{ As the library says it: no number before it, no JSON around it, nothing escaped. }
procedure CheckMessage(const Message, Named: string);
begin
  Check(Pos(Named, Message) > 0, Named + ' is named: ' + Message);
  Check((Message <> '') and (Message[1] <> '-') and (Message[1] <> '{'), 'only the message: ' + Message);
  Check(Pos('\u', Message) = 0, 'the message can be read: ' + Message);
end;

{ Opens a client that cannot be, and gives the code that was raised. }
function Refused(const Config, Named: string): Integer;
begin
  Result := 0;
  try
    TEvoucher.Create(Config);
  except
    on Error: EEvoucher do
    begin
      Result := Error.Reply.Code;
      CheckMessage(Error.Message, Named);
      Check(Error.Reply.Next = 'fix_setup', 'what is to be put right: ' + Error.Reply.Next);
    end;
  end;
  CheckFloatState('open');
end;

function Trans: TEvReply;
begin
  Result := TEvoucher.Trans('', '{"transType":"signedQuery","orgId":"testOrgId","data":' +
    EvJson(['token', Token('signed-trans')]) + '}');
end;

{ The default client reads its configuration at its first use. }
procedure UseAsDefault(const Config: string);
begin
  SetEnvironmentVariableA('EVOUCHER_CONFIG', PAnsiChar(AnsiString(Config)));
  EvClose(0);
end;

function TransRefused(const Named: string): Integer;
begin
  Result := 0;
  try
    Trans;
  except
    on Error: EEvoucher do
    begin
      Result := Error.Reply.Code;
      CheckMessage(Error.Message, Named);
    end;
  end;
end;

procedure Mistakes(Centre: TEvoucher);
var
  Caught: Integer;
begin
  Check(Refused('{"orgId":"x"}', 'localUrl') = EV_INVALID_CONFIG, 'a configuration without an address');
  Check(Refused('@' + Directory + '/nowhere.json', 'nowhere.json') = EV_INVALID_CONFIG, 'no configuration');
  Check(Refused('@' + Directory + '/other-charset.json', 'charset') = EV_INVALID_CONFIG,
    'a configuration with another charset');

  UseAsDefault(Directory + '/nowhere.json');
  Check(TransRefused('nowhere.json') = EV_INVALID_CONFIG, 'a default client without a configuration');
  UseAsDefault(Directory + '/other-charset.json');
  Check(TransRefused('charset') = EV_INVALID_CONFIG, 'a default client with another charset');
  UseAsDefault(Directory + '/evoucher.json');
  Expect('the default client', Trans, 0, 'get_certificate');

  Caught := 0;
  try
    Centre.Call('signedQueries', '{}');
  except
    on Error: EEvoucher do
    begin
      Caught := Error.Reply.Code;
      CheckMessage(Error.Message, 'signedQuery');
    end;
  end;
  Check(Caught = EV_UNKNOWN_SERVICE, 'a service that is none');

  Caught := 0;
  try
    Centre.Seal('{"a":"' + #0 + '"}');
  except
    on Error: EConvertError do
      Caught := 1;
  end;
  Check(Caught = 1, 'a NUL in a text to seal');
end;

{ Whatever was scanned, each call of the counter comes back with what to do. }
procedure Misread(Centre: TEvoucher; const What, Request: string; Code: Integer; const Next: string);
begin
  Expect(What + ', notify', Centre.TokenPwdCheckNotc(Request), Code, Next);
  Expect(What + ', status', Centre.TokenPwdStas(Request), Code, Next);
  Expect(What + ', signed', Centre.SignedQuery(Request), Code, Next);
  Expect(What + ', certificate', Centre.GenPayCert(Request), Code, Next);
  Expect(What + ', verify', Centre.VerifyPassword(Request), Code, Next);
  Expect(What + ', pay', Centre.OneCodePay(Request), Code, Next);
  Check(Centre.Cancel(Request) = 0, What + ': nothing to cancel');
end;

{ A request that is right for each of the four, but for what was scanned. }
function Scanned(const Text: string): string;
begin
  Result := EvJson(['token', Text, 'ownPaySetlAmt', '12.30', 'fixmedinsTrnsSn', 'SN-scan-' + Tag]);
end;

procedure Misreads(Centre: TEvoucher);
var
  Reply: TEvReply;
begin
  Reply := Centre.SignedQuery('{}');
  Check(Pos('token', Reply.Message) > 0, 'the field is named: ' + Reply.Message);
  { What is wrong with the token alone is put right by scanning again. }
  Misread(Centre, 'an empty token', Scanned(''), EV_INVALID_REQUEST, 'rescan');
  Misread(Centre, 'an over-long token', Scanned(StringOfChar('x', 41)), EV_INVALID_REQUEST, 'rescan');
  Misread(Centre, 'a NUL in a request', '{"token":"x' + #0 + '"}', EV_INVALID_REQUEST, 'fix_request');
  Misread(Centre, 'a NUL behind a request', EvJson(['token', Token('nopwd')]) + #0, EV_INVALID_REQUEST, 'fix_request');
  Misread(Centre, 'a token without end', EvJson(['token', StringOfChar('x', 1100000)]), EV_INVALID_ARGUMENT,
    'fix_request');
  {$IFNDEF UNICODE}
  Misread(Centre, 'half a character', EvJson(['token', 'x'#$D5]), EV_INVALID_TEXT, 'fix_request');
  Misread(Centre, 'half a character and a NUL', EvJson(['token', 'x'#$D5#0'y']), EV_INVALID_TEXT, 'fix_request');
  {$ENDIF}
  Reply := Centre.SignedQuery(EvJson(['token', 'x'#27#9]));
  Check((Reply.Next <> '') and (Reply.Code <> 0), 'control characters: ' + Reply.Json);
  Reply := Centre.SignedQuery(EvJson(['token', 'x'#0]));
  Check((Reply.Next <> '') and (Reply.Code <> 0), 'a NUL: ' + Reply.Json);
  Check(not Centre.SettleGate(True, 'qrcode', 'online', False, 'x'#0).Settles, 'the gate for a NUL');
end;

type
  TUnfilled = class
  public
    Reply: TEvReply;
  end;

procedure Unfilled;
var
  Holder: TUnfilled;
begin
  Holder := TUnfilled.Create;
  Check(not Holder.Reply.Settles, 'a reply never filled settles');
  Check(not Holder.Reply.Charges, 'a reply never filled charges');
  Check(Holder.Reply.Code <> 0, 'a reply never filled has the code of success');
  { What a program shows of an exception makes it no answer. }
  Holder.Reply.Message := 'x';
  Check(Holder.Reply.Code <> 0, 'a reply of a message alone has the code of success');
  Holder.Free;
end;

procedure Texts(Centre: TEvoucher);
var
  Text: string;
  Reply: TEvReply;
  Small: array[0..15] of AnsiChar;
begin
  { A quote, a backslash, a control character, and characters whose bytes look like one. }
  Text := EvJson(['orgName', Chinese([$6D4B, $8BD5, $8AA0]) + '"\' + #9, 'empty', '']);
  Reply := Centre.Seal(Text);
  Expect('seal', Reply, 0, '');
  Reply := Centre.Unseal(Centre.Field(Reply, 'data.encData'));
  Expect('unseal', Reply, 0, '');
  Check(Centre.Field(Reply, 'data.text') = Text, 'sealed and opened: ' + Centre.Field(Reply, 'data.text'));
  Check(Pos('empty', Text) = 0, 'an empty value is left out');

  Reply := Centre.Explain(500320);
  Check(Centre.Field(Reply, 'data.code') = '500320', 'explain');
  CheckFloatState('explain');
  Reply := Centre.Dictionary('idType');
  Check(Length(Reply.Json) > 200, 'dictionary');
  CheckFloatState('dictionary');
  Check(EvDictionary(Centre.Client, 'idType', Small, SizeOf(Small)) = EV_BUFFER_TOO_SMALL, 'a small buffer');
  Check(Small[0] = #0, 'a small buffer is empty');
  Check(EvLastReplySize > 200, 'the reply waits');
  CheckFloatState('last reply');
  Check(EvTrans(nil, nil, Small, SizeOf(Small)) = EV_INVALID_ARGUMENT, 'trans without a request');
  CheckFloatState('trans');
  { More than fits the first buffer of the unit. }
  Text := EvJson(['long', StringOfChar('x', 20000)]);
  Reply := Centre.Seal(Text);
  Expect('seal much', Reply, 0, '');
  Reply := Centre.Unseal(Centre.Field(Reply, 'data.encData'));
  Check(Centre.Field(Reply, 'data.text') = Text, 'a reply longer than the buffer');
end;

type
  TQueries = class(TThread)
  public
    Centre: TEvoucher;
    Number, Answered: Integer;
  protected
    procedure Execute; override;
  end;

  TSilent = class(TThread)
  public
    Centre: TEvoucher;
    Code: Integer;
    Ended: Boolean;
  protected
    procedure Execute; override;
  end;

procedure TQueries.Execute;
var
  I: Integer;
begin
  for I := 1 to 10 do
    if Centre.SignedQuery(EvJson(['token', Token('signed-' + IntToStr(Number) + '-' + IntToStr(I))])).Next =
      'get_certificate' then
      Inc(Answered);
end;

procedure TSilent.Execute;
begin
  Code := Centre.SignedQuery(EvJson(['token', Token('signed-fault.silence')])).Code;
  Ended := True;
end;

procedure Threads(Centre: TEvoucher);
var
  Queries: array[1..4] of TQueries;
  Silent: TSilent;
  I, Cancelled: Integer;
begin
  for I := 1 to 4 do
  begin
    Queries[I] := TQueries.Create(True);
    Queries[I].Centre := Centre;
    Queries[I].Number := I;
    Queries[I].Resume;
  end;
  for I := 1 to 4 do
  begin
    Queries[I].WaitFor;
    Check(Queries[I].Answered = 10, 'queries from a thread');
    Queries[I].Free;
  end;

  { Cancel touches only what is under way, so it is asked for until the call is. }
  Silent := TSilent.Create(True);
  Silent.Centre := Centre;
  Silent.Resume;
  repeat
    Cancelled := Centre.Cancel('');
    Sleep(5);
  until Cancelled > 0;
  Silent.WaitFor;
  Check(Cancelled = 1, 'one call, ' + IntToStr(Cancelled) + ' cancelled');
  Check(Silent.Code = EV_CANCELLED, 'a cancelled call');
  Silent.Free;
  Check(Centre.Cancel('') = 0, 'nothing is left to cancel');
  CheckFloatState('threads');
end;

type
  TListener = class
  public
    Lines: TStringList;
    procedure Told(const Line: string);
    procedure Fails(const Line: string);
  end;

procedure TListener.Told(const Line: string);
begin
  Lines.Add(Line);
  CheckFloatState('in a listener');
end;

procedure TListener.Fails(const Line: string);
begin
  Lines.Add(Line);
  raise Exception.Create('out of a listener');
end;

{ Of calls and steps; what it raises does not cross the DLL, and nobody is told any more once that is ended. }
procedure Listeners(Centre: TEvoucher);
var
  Listener: TListener;
begin
  Listener := TListener.Create;
  Listener.Lines := TStringList.Create;
  try
    Centre.OnCall(Listener.Told);
    Expect('told', Centre.TokenPwdStas(EvJson(['token', Token('nopwd-told')])), 500320, 'settle');
    Expect('told of steps', Centre.VerifyPassword(EvJson(['token', Token('auto1-told')])), 0, 'settle');
    Centre.OnCall(Listener.Fails);
    Expect('a failing listener', Centre.TokenPwdStas(EvJson(['token', Token('nopwd-told')])), 500320, 'settle');
    Centre.OnCall(nil);
    Centre.TokenPwdStas(EvJson(['token', Token('nopwd-told')]));
    Check(Listener.Lines.Count = 5, 'a call, two steps, their flow and another call: ' + IntToStr(Listener.Lines.Count));
    Check(Pos('"code":500320', Listener.Lines[0]) > 0, 'a line: ' + Listener.Lines[0]);
    Check(Pos('"step":1', Listener.Lines[1]) > 0, 'a step''s: ' + Listener.Lines[1]);
  finally
    Listener.Lines.Free;
    Listener.Free;
  end;
end;

function Raising(User: Pointer; Event: PAnsiChar): Integer; stdcall;
begin
  raise Exception.Create('out of the progress function');
end;

{ Cancelled after it was made, and before its thread has run. }
procedure EarlyCancel(Centre: TEvoucher);
var
  Flow, Another: TEvFlow;
  Reply: TEvReply;
begin
  Flow := TEvFlow.Create(Centre, Token('pwd-early'));
  Another := TEvFlow.Create(Centre, Token('nopwd-other'));
  Check(Centre.Cancel(Token('auto1')) = 0, 'a cancel for somebody else');
  Check(Flow.Cancel = 1, 'a cancelled flow is counted');
  Check(Flow.Cancel = 0, 'a cancelled flow is counted once');
  Reply := Flow.VerifyPassword(EvJson(['token', Token('pwd-early')]));
  Expect('cancelled before it ran', Reply, EV_CANCELLED, 'resend');
  Check(Reply.Delivery = 'not_sent', 'cancelled before it ran: ' + Reply.Delivery);
  Expect('cancelled, the next step', Flow.SettleGate(True, 'qrcode', 'online', False), EV_CANCELLED, 'wait');
  Expect('somebody else goes on', Another.VerifyPassword(EvJson(['token', Token('nopwd-other')])), 0, 'settle');
  Flow.Free;
  Another.Free;

  Flow := TEvFlow.Create(Centre, Token('signed-early'));
  Another := TEvFlow.Create(Centre, Token('pwd-early'));
  Check(Centre.Cancel(Token('signed-early')) = 1, 'by its token');
  Reply := Flow.OneCodePay(
    EvJson(['token', Token('signed-early'), 'ownPaySetlAmt', '12.30', 'fixmedinsTrnsSn', 'SN-early-' + Tag]));
  Expect('pay, cancelled before it ran', Reply, EV_CANCELLED, 'retry_later');
  Check(Centre.Cancel('') = 1, 'the other one, by nobody''s token');
  Expect('all were cancelled', Another.VerifyPassword(EvJson(['token', Token('pwd-early')])), EV_CANCELLED, 'resend');
  Flow.Free;
  Another.Free;

  { A scan that read nothing cancels nobody else. }
  Flow := TEvFlow.Create(Centre, '');
  Another := TEvFlow.Create(Centre, Token('nopwd-other'));
  Flow.Cancel;
  Expect('after an empty token', Another.VerifyPassword(EvJson(['token', Token('nopwd-other')])), 0, 'settle');
  Flow.Free;
  Another.OnProgress(Raising, nil);
  Expect('a progress function that raises', Another.VerifyPassword(EvJson(['token', Token('pwd-early')])),
    EV_CANCELLED, 'resend');
  Another.Free;
end;

type
  TFlowing = class(TThread)
  public
    Flow: TEvFlow;
    Begun: Boolean;
    Reply: TEvReply;
  protected
    procedure Execute; override;
  end;

function Beginning(User: Pointer; Event: PAnsiChar): Integer; stdcall;
begin
  TFlowing(User).Begun := True;
  Result := 0;
end;

procedure TFlowing.Execute;
begin
  Flow.OnProgress(Beginning, Self);
  Reply := Flow.VerifyPassword(EvJson(['token', Token('pwd-later')]));
end;

procedure LaterCancel(Centre: TEvoucher);
var
  Thread: TFlowing;
begin
  Thread := TFlowing.Create(True);
  Thread.Flow := TEvFlow.Create(Centre, Token('pwd-later'));
  Thread.Resume;
  while not Thread.Begun do
    Sleep(1);
  Check(Thread.Flow.Cancel = 1, 'a flow that runs is counted');
  Thread.WaitFor;
  Expect('cancelled while it ran', Thread.Reply, EV_CANCELLED, 'resend');
  Check(Thread.Flow.Cancel = 0, 'a flow that has ended is not counted');
  Thread.Flow.Free;
  Thread.Free;
end;

var
  InCall, Freed: Boolean;

{ Keeps the call where it is until its TEvoucher is gone. }
function Parked(User: Pointer; Event: PAnsiChar): Integer; stdcall;
begin
  InCall := True;
  while not Freed do
    Sleep(1);
  Result := 0;
end;

type
  TParked = class(TThread)
  public
    Centre: TEvoucher;
    Reply: TEvReply;
  protected
    procedure Execute; override;
  end;

procedure TParked.Execute;
begin
  EvOnProgress(Centre.Client, Parked, nil);
  Reply := Centre.VerifyPassword(EvJson(['token', Token('auto1-freed')]));
end;

procedure FreeDuringACall;
var
  Thread: TParked;
  Centre: TEvoucher;
  Flow: TEvFlow;
begin
  Thread := TParked.Create(True);
  Thread.Centre := Opened('evoucher.json');
  Thread.Resume;
  while not InCall do
    Sleep(1);
  Thread.Centre.Free;
  Freed := True;
  Thread.WaitFor;
  Expect('freed during the call', Thread.Reply, 0, 'settle');
  Check(Thread.Reply.Delivery = 'answered', 'freed during the call: ' + Thread.Reply.Json);
  Thread.Free;

  Centre := Opened('evoucher.json');
  Flow := TEvFlow.Create(Centre, Token('nopwd-freed'));
  Centre.Free;
  Expect('freed before the flow ran', Flow.VerifyPassword(EvJson(['token', Token('nopwd-freed')])), 0, 'settle');
  Flow.Free;
end;

procedure FloatTrap;
var
  Zero, Result: Double;
  Trapped: Boolean;
begin
  Trapped := False;
  Zero := 0;
  try
    Result := 1 / Zero;
    if Result = 0 then
      WriteLn;
  except
    on EMathError do
      Trapped := True;
  end;
  Check(Trapped, 'this program does not trap floating-point faults: its other checks of that mean nothing');
end;

var
  Centre: TEvoucher;

begin
  if ParamCount <> 2 then
    Halt(2);
  Directory := ParamStr(1);
  Tag := ParamStr(2);
  FloatTrap;
  {$IFDEF CPUI386}
  ControlWord := Get8087CW;
  Check(ControlWord and $D = 0, 'invalid operation, division by zero and overflow are not unmasked');
  {$ENDIF}
  SseControl := GetMXCSR and $FFC0;
  try
    Centre := Opened('evoucher.json');
    try
      Check(EvNextLabel(EV_NEXT_SETTLE) = Chinese([$7ED3, $7B97]), 'the label of settle');
      Check(EvNextLabel('later') = 'later', 'an unknown word');
      Flows(Centre);
      WholeFlows(Centre);
      Troubles(Centre);
      Mistakes(Centre);
      Misreads(Centre);
      Unfilled;
      Texts(Centre);
      Threads(Centre);
      EarlyCancel(Centre);
      LaterCancel(Centre);
      Listeners(Centre);
      FreeDuringACall;
    finally
      Centre.Free;
    end;
  except
    on Error: Exception do
      Check(False, Error.ClassName + ': ' + Error.Message);
  end;
  FloatTrap;
  WriteLn(Checks, ' checks, ', Failures, ' failed');
  if (Failures <> 0) or (Checks = 0) then
    Halt(1);
end.
