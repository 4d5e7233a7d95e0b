program Payment;

{ A payment that is made once, whenever the power fails: one-code pay, the charge at the payment channel, and what became
  of it. docs/no-double-charge.zh-CN.md explains each step.

    Payment @evoucher.json CHANNEL BILLS [SERIAL_NUMBER OWN_PAY_AMOUNT TOKEN]

  The configuration has "journal" and, in "defaults", who asks. CHANNEL is the payment channel's address, such as
  127.0.0.1:18080 of evoucher-sandbox: replace Charge and Confirm by your channel's own interface. BILLS is the file of
  bills, which stands for your database. First it clears up what an earlier run left open; then, if there is a bill, it
  pays it. The serial number is the bill's own, made with the bill and never again.

  Ends with 0 when all is paid, 1 when the bill is certainly not paid, 2 when it could not work, and 3 when nobody knows
  yet: then take no money for that bill, and start it again later. }

{$IFDEF FPC}
  {$IFNDEF UNICODE}{$MODE DELPHI}{$ENDIF}
{$ENDIF}
{$APPTYPE CONSOLE}

uses
  Windows, SysUtils, Classes, Evoucher;

const
  { How many replies of the DLL are followed for one bill, before somebody has to look at it. }
  ROUNDS = 6;

var
  Centre: TEvoucher;

{ ---- your database: what is noted here is on the disk before the next step is taken ---- }

var
  { For each bill its state: asking and charging are open, unpaid is certainly not charged, and paid. }
  States, Amounts: TStringList;
  BillsPath: string;

procedure Append(const Line: string);
var
  Stream: TFileStream;
  Bytes: AnsiString;
begin
  if not FileExists(BillsPath) then
    TFileStream.Create(BillsPath, fmCreate).Free;
  Stream := TFileStream.Create(BillsPath, fmOpenReadWrite or fmShareDenyWrite);
  try
    Stream.Seek(0, soFromEnd);
    Bytes := AnsiString(Line + #10);
    Stream.WriteBuffer(Bytes[1], Length(Bytes));
    if not FlushFileBuffers(Stream.Handle) then
      raise EWriteError.Create('the bill cannot be noted');
  finally
    Stream.Free;
  end;
end;

procedure Note(const Serial, State: string);
begin
  Append(Serial + #9 + Amounts.Values[Serial] + #9 + State);
  States.Values[Serial] := State;
  WriteLn(Serial, ' ', State);
end;

{ A bill's last line counts; behind the last line end is half a line, a step that was not taken. }
procedure ReadBills;
var
  Stream: TFileStream;
  Bytes: AnsiString;
  Text, Line: string;
  I, First, Second: Integer;
begin
  if not FileExists(BillsPath) then
    Exit;
  Stream := TFileStream.Create(BillsPath, fmOpenRead or fmShareDenyNone);
  try
    SetLength(Bytes, Stream.Size);
    if Length(Bytes) > 0 then
      Stream.ReadBuffer(Bytes[1], Length(Bytes));
  finally
    Stream.Free;
  end;
  Text := string(Bytes);
  I := Pos(#10, Text);
  while I > 0 do
  begin
    Line := Copy(Text, 1, I - 1);
    Delete(Text, 1, I);
    First := Pos(#9, Line);
    if First > 0 then
    begin
      Second := First + Pos(#9, Copy(Line, First + 1, Length(Line)));
      if Second > First then
      begin
        Amounts.Values[Copy(Line, 1, First - 1)] := Copy(Line, First + 1, Second - First - 1);
        States.Values[Copy(Line, 1, First - 1)] := Copy(Line, Second + 1, Length(Line));
      end;
    end;
    I := Pos(#10, Text);
  end;
  if Text <> '' then
    Append('');
end;

function IsOpen(const Serial: string): Boolean;
begin
  Result := (States.Values[Serial] <> 'paid') and (States.Values[Serial] <> 'unpaid');
end;

{ ---- the payment channel. This one is evoucher-sandbox's. evPaid and evFailed are the channel's final word; all else is
  evUnknown: no answer, one that is not understood, "in progress". ---- }

type
  {$IFDEF WIN64}
  TSocket = UInt64;
  {$ELSE}
  TSocket = LongWord;
  {$ENDIF}

  TSockAddress = packed record
    Family: Word;
    Port: Word;
    Address: LongWord;
    Zero: array[0..7] of Byte;
  end;

function WSAStartup(Version: Word; Data: Pointer): Integer; stdcall; external 'ws2_32.dll';
function socket(Family, Kind, Protocol: Integer): TSocket; stdcall; external 'ws2_32.dll';
function connect(Line: TSocket; var Address: TSockAddress; Size: Integer): Integer; stdcall; external 'ws2_32.dll';
function setsockopt(Line: TSocket; Level, Name: Integer; Value: Pointer; Size: Integer): Integer; stdcall;
  external 'ws2_32.dll';
function send(Line: TSocket; Bytes: Pointer; Size, Flags: Integer): Integer; stdcall; external 'ws2_32.dll';
function recv(Line: TSocket; Bytes: Pointer; Size, Flags: Integer): Integer; stdcall; external 'ws2_32.dll';
function closesocket(Line: TSocket): Integer; stdcall; external 'ws2_32.dll';
function htons(Value: Word): Word; stdcall; external 'ws2_32.dll';
function inet_addr(Text: PAnsiChar): LongWord; stdcall; external 'ws2_32.dll';

var
  Channel: TSockAddress;

procedure OpenChannel(const Where: string);
var
  Data: array[0..1023] of Byte;
begin
  WSAStartup($0202, @Data);
  FillChar(Channel, SizeOf(Channel), 0);
  Channel.Family := 2;
  Channel.Port := htons(StrToInt(Copy(Where, Pos(':', Where) + 1, Length(Where))));
  Channel.Address := inet_addr(PAnsiChar(AnsiString(Copy(Where, 1, Pos(':', Where) - 1))));
end;

{ '' when there was no whole answer: then nobody knows. }
function Post(const Path, Body: string): string;
const
  PATIENCE = 3000;
var
  Line: TSocket;
  Request, Reply, Head: AnsiString;
  Buffer: array[0..4095] of AnsiChar;
  Piece: AnsiString;
  Got, Wait, Ends, Announced: Integer;
begin
  Result := '';
  Reply := '';
  Request := AnsiString('POST /sandbox/channel/' + Path + ' HTTP/1.1'#13#10'Host: channel'#13#10'Connection: close'#13#10 +
    'Content-Type: application/json'#13#10'Content-Length: ' + IntToStr(Length(Body)) + #13#10#13#10 + Body);
  Line := socket(2, 1, 0);
  Wait := PATIENCE;
  { SOL_SOCKET, SO_RCVTIMEO }
  setsockopt(Line, $FFFF, $1006, @Wait, SizeOf(Wait));
  if (connect(Line, Channel, SizeOf(Channel)) = 0) and
    (send(Line, PAnsiChar(Request), Length(Request), 0) = Length(Request)) then
  begin
    Got := recv(Line, @Buffer, SizeOf(Buffer), 0);
    while Got > 0 do
    begin
      SetString(Piece, PAnsiChar(@Buffer), Got);
      Reply := Reply + Piece;
      Got := recv(Line, @Buffer, SizeOf(Buffer), 0);
    end;
  end;
  closesocket(Line);
  Ends := Pos(AnsiString(#13#10#13#10), Reply);
  if Ends = 0 then
    Exit;
  Head := Copy(Reply, 1, Ends + 1);
  Reply := Copy(Reply, Ends + 4, Length(Reply));
  Announced := Pos(AnsiString('content-length: '), Head);
  if Announced = 0 then
    Exit;
  Head := Copy(Head, Announced + 16, Length(Head));
  if StrToIntDef(string(Copy(Head, 1, Pos(AnsiString(#13), Head) - 1)), -1) = Length(Reply) then
    Result := string(Reply);
end;

{ Charges this amount with this certificate, once. }
function Charge(const Certificate, Serial: string): TEvOutcome;
var
  Answer: string;
begin
  Answer := Post('charge', EvJson(['payCert', Certificate, 'amount', Amounts.Values[Serial],
    'fixmedinsTrnsSn', Serial]));
  Result := evUnknown;
  if Pos('"charged":true', Answer) > 0 then
    Result := evPaid
  else if Pos('"reason":"insufficient_funds"', Answer) > 0 then
    Result := evFailed;
end;

{ What became of a charge that nobody knows of? That nothing is charged yet proves nothing while a charge may be on its
  way: so what is not charged is closed first, and then the channel's word is final. }
function Confirm(const Serial: string): TEvOutcome;
var
  Answer: string;
begin
  Answer := Post('close', EvJson(['fixmedinsTrnsSn', Serial]));
  Result := evUnknown;
  if Pos('"charged":true', Answer) > 0 then
    Result := evPaid
  else if Pos('"charged":false', Answer) > 0 then
    Result := evFailed;
end;

{ ---- a bill ---- }

{ Asks for a certificate; for a bill that was asked for before, the same question says where it stands. The serial number
  and the amount are the bill's, every time. In a form: a TEvFlow on a thread. }
function Ask(const Serial, Token: string): TEvReply;
begin
  Result := Centre.OneCodePay(EvJson(['token', Token, 'ownPaySetlAmt', Amounts.Values[Serial],
    'fixmedinsTrnsSn', Serial]));
  WriteLn('next ', Result.Next);
  WriteLn('hint ', Result.Hint);
end;

{ Tells the DLL what the channel said. }
function Report(const Serial: string; Outcome: TEvOutcome): TEvReply;
const
  WORDS: array[TEvOutcome] of string = ('unknown', 'paid', 'failed');
begin
  WriteLn('report ', WORDS[Outcome]);
  Result := Centre.ReportCharge('', Serial, Amounts.Values[Serial], Outcome);
end;

{ Goes by Next until the bill is paid, certainly not paid, or somebody has to look at it. }
procedure Pay(const Serial, Token: string);
var
  Reply: TEvReply;
  Outcome: TEvOutcome;
  Round: Integer;
begin
  { Nothing was charged yet. }
  Outcome := evFailed;
  Note(Serial, 'asking');
  Reply := Ask(Serial, Token);
  for Round := 1 to ROUNDS do
  begin
    if Reply.Charges then
    begin
      { Before the channel hears of it. }
      Note(Serial, 'charging');
      Outcome := Charge(Centre.Field(Reply, 'data.payCert'), Serial);
      { Whatever it was; the reply's Next says how to go on. }
      Reply := Report(Serial, Outcome);
      if Outcome = evPaid then
      begin
        Note(Serial, 'paid');
        Exit;
      end;
      if (Outcome = evFailed) and (Reply.Next = EV_NEXT_RETRY) then
      begin
        { No money in the account: the patient decides what now. }
        Note(Serial, 'unpaid');
        Exit;
      end;
    end
    else if Reply.Next = EV_NEXT_CONFIRM_CHARGE then
    begin
      Outcome := Confirm(Serial);
      Report(Serial, Outcome);
      if Outcome = evPaid then
      begin
        Note(Serial, 'paid');
        Exit;
      end;
      Sleep(1000);
      Reply := Ask(Serial, Token);
    end
    else if Reply.Next = EV_NEXT_ALREADY_PAID then
    begin
      Note(Serial, 'paid');
      Exit;
    end
    else if (Reply.Next = EV_NEXT_RETRY) or (Reply.Next = EV_NEXT_RETRY_LATER) then
    begin
      { The same serial number, the same amount. }
      Sleep(1000);
      Reply := Ask(Serial, Token);
    end
    else
      { What is not known means neither. }
      Break;
  end;
  { Only where it is certain that nothing was charged; all else stays open. }
  if (Outcome <> evUnknown) and ((Reply.Next = EV_NEXT_OTHER_PAYMENT) or (Reply.Next = EV_NEXT_RESCAN) or
    (Reply.Next = EV_NEXT_RETRY) or (Reply.Next = EV_NEXT_FIX_REQUEST)) then
    Note(Serial, 'unpaid');
end;

{ When the program starts: the power may have failed at any moment of Pay. }
procedure ClearUp(const Serial: string);
var
  Outcome: TEvOutcome;
  Reply: TEvReply;
begin
  Outcome := Confirm(Serial);
  Reply := Report(Serial, Outcome);
  if (Outcome = evPaid) or (Reply.Next = EV_NEXT_ALREADY_PAID) then
    Note(Serial, 'paid')
  else if (Outcome = evFailed) and (Reply.Next = EV_NEXT_RETRY) then
    { The patient may pay it now: the same serial number. }
    Note(Serial, 'unpaid');
end;

function Run: Integer;
var
  Serial: string;
  I: Integer;
begin
  Result := 0;
  ReadBills;
  for I := 0 to States.Count - 1 do
    if IsOpen(States.Names[I]) then
      ClearUp(States.Names[I]);
  if ParamCount = 6 then
  begin
    Serial := ParamStr(4);
    if States.Values[Serial] = '' then
    begin
      States.Values[Serial] := 'unpaid';
      Amounts.Values[Serial] := ParamStr(5);
    end;
    if Amounts.Values[Serial] <> ParamStr(5) then
    begin
      WriteLn(Serial, ' is a bill of ', Amounts.Values[Serial], ': another amount is another bill');
      Result := 2;
      Exit;
    end;
    if States.Values[Serial] = 'unpaid' then
      Pay(Serial, ParamStr(6));
    if States.Values[Serial] <> 'paid' then
      Result := 1;
  end;
  for I := 0 to States.Count - 1 do
    if IsOpen(States.Names[I]) then
      Result := 3;
end;

begin
  { A serial number is a name in the lists above. }
  if not ((ParamCount = 3) or ((ParamCount = 6) and (Pos('=', ParamStr(4)) = 0) and (Pos(#9, ParamStr(4)) = 0))) then
  begin
    WriteLn('Payment @evoucher.json CHANNEL BILLS [SERIAL_NUMBER OWN_PAY_AMOUNT TOKEN]');
    Halt(2);
  end;
  ExitCode := 2;
  try
    BillsPath := ParamStr(3);
    States := TStringList.Create;
    Amounts := TStringList.Create;
    { Serial numbers are compared letter by letter. }
    States.CaseSensitive := True;
    Amounts.CaseSensitive := True;
    OpenChannel(ParamStr(2));
    Centre := TEvoucher.Create(ParamStr(1));
    try
      ExitCode := Run;
    finally
      Centre.Free;
    end;
  except
    { The set-up, or a disk that cannot be written: what cannot be noted is not done. }
    on Error: Exception do
      WriteLn(Error.Message);
  end;
end.
