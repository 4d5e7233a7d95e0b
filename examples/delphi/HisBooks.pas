unit HisBooks;

{ Bills in a file, and evoucher-sandbox as the payment channel, for the examples: put your database and your payment channel
  in their place, and keep what TEvBooks promises. }

{$IFDEF FPC}
  {$IFNDEF UNICODE}{$MODE DELPHI}{$ENDIF}
{$ENDIF}
{$H+}

interface

uses
  Windows, SysUtils, Classes, Evoucher, Payments;

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

  THisBooks = class(TEvBooks)
  private
    FPath: string;
    FChannel: TSockAddress;
    { For each bill its state: asking and charging are open, unpaid is certainly not charged, and paid. }
    FStates, FAmounts: TStringList;
    procedure Append(const Line: string);
    procedure Read;
    function Post(const Path, Body: string): string;
  public
    { Channel: the simulated centre's address, such as 127.0.0.1:18080. Path: the file of bills. }
    constructor Create(const Channel, Path: string);
    destructor Destroy; override;
    { A serial number is a name in a list: no "=" in it. }
    function Add(const Serial, Amount: string): Boolean; override;
    procedure Note(const Serial, State: string); override;
    function State(const Serial: string): string; override;
    function Charge(const Certificate, Channel, Serial, Amount: string): TEvOutcome; override;
    function Confirm(const Serial: string): TEvOutcome; override;
    function Amount(const Serial: string): string;
    { The serial numbers of the bills that are open. The list is the caller's to free. }
    function Open: TStringList;
  end;

implementation

procedure THisBooks.Append(const Line: string);
var
  Stream: TFileStream;
  Bytes: AnsiString;
begin
  if not FileExists(FPath) then
    TFileStream.Create(FPath, fmCreate).Free;
  Stream := TFileStream.Create(FPath, fmOpenReadWrite or fmShareDenyWrite);
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

procedure THisBooks.Note(const Serial, State: string);
begin
  Append(Serial + #9 + FAmounts.Values[Serial] + #9 + State);
  FStates.Values[Serial] := State;
  Told(Serial + ' ' + State);
end;

{ A bill's last line counts; behind the last line end is half a line, a step that was not taken. }
procedure THisBooks.Read;
var
  Stream: TFileStream;
  Bytes: AnsiString;
  Text, Line: string;
  I, First, Second: Integer;
begin
  if not FileExists(FPath) then
    Exit;
  Stream := TFileStream.Create(FPath, fmOpenRead or fmShareDenyNone);
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
        FAmounts.Values[Copy(Line, 1, First - 1)] := Copy(Line, First + 1, Second - First - 1);
        FStates.Values[Copy(Line, 1, First - 1)] := Copy(Line, Second + 1, Length(Line));
      end;
    end;
    I := Pos(#10, Text);
  end;
  if Text <> '' then
    Append('');
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

constructor THisBooks.Create(const Channel, Path: string);
var
  Data: array[0..1023] of Byte;
begin
  inherited Create;
  FPath := Path;
  FStates := TStringList.Create;
  FAmounts := TStringList.Create;
  { Serial numbers are compared letter by letter. }
  FStates.CaseSensitive := True;
  FAmounts.CaseSensitive := True;
  WSAStartup($0202, @Data);
  FillChar(FChannel, SizeOf(FChannel), 0);
  FChannel.Family := 2;
  FChannel.Port := htons(StrToInt(Copy(Channel, Pos(':', Channel) + 1, Length(Channel))));
  FChannel.Address := inet_addr(PAnsiChar(AnsiString(Copy(Channel, 1, Pos(':', Channel) - 1))));
  Read;
end;

destructor THisBooks.Destroy;
begin
  FStates.Free;
  FAmounts.Free;
  inherited Destroy;
end;

function THisBooks.Add(const Serial, Amount: string): Boolean;
begin
  if FStates.IndexOfName(Serial) < 0 then
  begin
    FStates.Values[Serial] := 'unpaid';
    FAmounts.Values[Serial] := Amount;
  end;
  Result := FAmounts.Values[Serial] = Amount;
end;

function THisBooks.Amount(const Serial: string): string;
begin
  Result := FAmounts.Values[Serial];
end;

function THisBooks.Open: TStringList;
var
  I: Integer;
begin
  Result := TStringList.Create;
  for I := 0 to FStates.Count - 1 do
    if (State(FStates.Names[I]) <> 'paid') and (State(FStates.Names[I]) <> 'unpaid') then
      Result.Add(FStates.Names[I]);
end;

{ '' when there was no whole answer: then nobody knows. }
function THisBooks.Post(const Path, Body: string): string;
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
  if (connect(Line, FChannel, SizeOf(FChannel)) = 0) and
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

function THisBooks.State(const Serial: string): string;
begin
  Result := FStates.Values[Serial];
  if Result = '' then
    Result := 'unpaid';
end;

function THisBooks.Charge(const Certificate, Channel, Serial, Amount: string): TEvOutcome;
var
  Answer: string;
begin
  Answer := Post('charge', EvJson(['payCert', Certificate, 'amount', Amount, 'fixmedinsTrnsSn', Serial]));
  Result := evUnknown;
  if Pos('"charged":true', Answer) > 0 then
    Result := evPaid
  else if Pos('"reason":"insufficient_funds"', Answer) > 0 then
    Result := evFailed;
end;

function THisBooks.Confirm(const Serial: string): TEvOutcome;
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

end.
