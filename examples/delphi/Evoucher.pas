unit Evoucher;

{ Evoucher.pas - evoucher.dll for Delphi 7 to 12 and Free Pascal.

  Copy this file into your project. The DLL must be of the program's bitness (x86 for every Delphi before XE2), beside
  the program.

  The configuration's "charset", which is checked when a client is opened:
    Delphi 2007 and earlier, Free Pascal in Delphi mode:  "charset":"gbk"   (string is ANSI: GBK on Chinese Windows)
    Delphi 2009 and later:                                "utf-8", the default (string is UTF-16; this unit converts)

  Calls block until the centre has answered or time is out: in a form, make them in a TThread. A TEvoucher is safe to
  share between threads. }

{$IFDEF FPC}
  {$IFNDEF UNICODE}{$MODE DELPHI}{$ENDIF}
{$ENDIF}
{$H+}

interface

uses
  SysUtils;

const
  { <gen:codes> }
  EV_INVALID_ARGUMENT = -10001;
  EV_INVALID_TEXT = -10002;
  EV_INVALID_CONFIG = -10003;
  EV_INVALID_CLIENT = -10004;
  EV_INVALID_REQUEST = -10005;
  EV_BUFFER_TOO_SMALL = -10006;
  EV_UNKNOWN_SERVICE = -10007;
  EV_DUPLICATE = -10008;
  EV_CANCELLED = -10009;
  EV_CONNECT = -10020;
  EV_TLS = -10021;
  EV_TIMEOUT = -10022;
  EV_CONNECTION_LOST = -10023;
  EV_HTTP_STATUS = -10024;
  EV_BAD_REPLY = -10025;
  EV_DECRYPT = -10026;
  EV_BUSINESS = -10027;
  EV_NOT_VERIFIED = -10030;
  EV_NOT_ALLOWED = -10031;
  EV_CANNOT_PAY = -10032;
  EV_INTERNAL = -10099;
  { </gen:codes> }

  { What the configuration's charset must be. }
  {$IFDEF UNICODE}
  EV_CHARSET = 'utf-8';
  {$ELSE}
  EV_CHARSET = 'gbk';
  {$ENDIF}

type
  { Text as it crosses to the DLL. }
  {$IFDEF UNICODE}
  TEvText = UTF8String;
  {$ELSE}
  TEvText = AnsiString;
  {$ENDIF}

  { Told of each step of a flow, on the thread that runs it; other than 0 cancels the flow. It must not raise, and of the
    DLL it may call only EvField. Set it with EvOnProgress, on that thread. }
  TEvProgress = function(User: Pointer; Event: PAnsiChar): Integer; stdcall;

  { What came back. For the four services Code 0 says only that the centre answered: act on Next. }
  TEvReply = record
    Code: Integer;
    Message: string;   { for the operator's screen }
    Next: string;      { what to do now: settle, wait, get_certificate, charge, offline_check ... }
    Delivery: string;  { not_sent, unknown or answered }
    Json: string;      { the whole reply }
  end;

  { The call could not be made as it was asked for: a mistake in the program or in the configuration. Nothing was
    sent. Everything else, a broken network too, is a reply with a Next. }
  EEvoucher = class(Exception)
  public
    Reply: TEvReply;
  end;

  TEvoucher = class
  private
    FClient: Integer;
    function Collect(Code: Integer; var Buffer: TEvText): TEvReply;
  public
    { Config: JSON text, or '@' and the path of a file that holds it. }
    constructor Create(const Config: string);
    destructor Destroy; override;

    { password check: notify; Next: wait, settle, offline_check ... }
    function TokenPwdCheckNotc(const Request: string): TEvReply;
    { password check: status; Next: settle or wait ... }
    function TokenPwdStas(const Request: string): TEvReply;
    { one-code pay: status; Next: get_certificate, other_payment ... }
    function SignedQuery(const Request: string): TEvReply;
    { one-code pay: certificate; charge only when Next is charge }
    function GenPayCert(const Request: string): TEvReply;

    { Flows: several steps in one call, which blocks until the patient has verified, or time is out. Their Code is 0 only
      when Next is settle (or charge). }
    { Notify, then ask until verified; Request as for TokenPwdCheckNotc. }
    function VerifyPassword(const Request: string): TEvReply;
    { May this settlement go on? Credential: qrcode, card or terminal_face; Method: online, terminal or library. Token:
      for the online method. }
    function SettleGate(Settlement: Boolean; const Credential, Method: string; OfflineVerified: Boolean;
      const Token: string): TEvReply;
    { SignedQuery, then GenPayCert when usable; Request as for GenPayCert. }
    function OneCodePay(const Request: string): TEvReply;
    { Tests configuration, key and connection, step by step. }
    function CheckSetup: TEvReply;

    { Any of the four by name, or another path of the centre ('/cfc/api/...'). }
    function Call(const Service, Request: string): TEvReply;
    { The envelope alone, for joint testing. }
    function Seal(const Text: string): TEvReply;
    function Unseal(const Text: string): TEvReply;
    { The meaning of a code, and what to do about it. }
    function Explain(Code: Integer): TEvReply;
    { The documents' tables: 'code' or 'idType'. }
    function Dictionary(const Name: string): TEvReply;
    { From another thread: ends what this client is doing for a token, or all of it with ''. }
    procedure Cancel(const Token: string);
    { One field of a reply, such as 'data.payCert'; '' when there is none. }
    function Field(const Reply: TEvReply; const Path: string): string;

    property Client: Integer read FClient;
  end;

{ A JSON object for a request: EvJson(['token', Token, 'totalAmount', '12.30']). Empty values are left out. }
function EvJson(const NamesAndValues: array of string): string;

{ The functions themselves. The names and arguments of evoucher.h, which "cargo xtask gen" makes them from. }
{ <gen:functions> }
function EvOpen(Config: PAnsiChar; var Client: Integer): Integer; stdcall; external 'evoucher.dll';
function EvClose(Client: Integer): Integer; stdcall; external 'evoucher.dll';
function EvTokenPwdCheckNotc(Client: Integer; Request: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvTokenPwdStas(Client: Integer; Request: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvSignedQuery(Client: Integer; Request: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvGenPayCert(Client: Integer; Request: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvCall(Client: Integer; Service: PAnsiChar; Request: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvTrans(Url: PAnsiChar; Request: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvVerifyPassword(Client: Integer; Request: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvSettleGate(Client: Integer; Request: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvOneCodePay(Client: Integer; Request: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvOnProgress(Client: Integer; Progress: TEvProgress; User: Pointer): Integer; stdcall; external 'evoucher.dll';
function EvCancel(Client: Integer; Token: PAnsiChar): Integer; stdcall; external 'evoucher.dll';
function EvSeal(Client: Integer; Text: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvUnseal(Client: Integer; Text: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvCheck(Client: Integer; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvExplain(Client: Integer; Code: Integer; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvDictionary(Client: Integer; Name: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvVersion(Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvField(Client: Integer; Json: PAnsiChar; Path: PAnsiChar; Value: PAnsiChar; ValueSize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvLastReply(Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvLastReplySize: Integer; stdcall; external 'evoucher.dll';
{ </gen:functions> }

implementation

const
  REPLY_SIZE = 8192;

function NewBuffer(Size: Integer): TEvText;
begin
  SetLength(Result, Size);
  FillChar(Result[1], Size, 0);
end;

{ What stands before the NUL. }
function Taken(const Buffer: TEvText): TEvText;
var
  Size: Integer;
begin
  Size := 0;
  while (Size < Length(Buffer)) and (Buffer[Size + 1] <> #0) do
    Inc(Size);
  Result := Copy(Buffer, 1, Size);
end;

{ Text for the DLL, which reads up to the first NUL. }
function Given(const Text: string): TEvText;
begin
  if Pos(#0, Text) > 0 then
    raise EConvertError.Create('evoucher: text with a NUL character');
  Result := TEvText(Text);
end;

function FieldOf(Client: Integer; const Json: TEvText; const Path: string): string;
var
  Value: TEvText;
begin
  { No field is longer than the reply that it is in. }
  Value := NewBuffer(Length(Json) + 1);
  if EvField(Client, PAnsiChar(Json), PAnsiChar(Given(Path)), PAnsiChar(Value), Length(Value)) = 0 then
    Result := string(Taken(Value))
  else
    Result := '';
end;

{ Without a client there is no charset: the reply is ASCII, and the operator wants to read it. }
function Unescaped(const Json: string): string;
var
  Wide: WideString;
  I: Integer;
begin
  Wide := '';
  I := 1;
  while I <= Length(Json) do
    if (Copy(Json, I, 2) = '\u') and (I + 5 <= Length(Json)) then
    begin
      Wide := Wide + WideChar(StrToInt('$' + Copy(Json, I + 2, 4)));
      Inc(I, 6);
    end
    else
    begin
      Wide := Wide + WideChar(Ord(Json[I]));
      Inc(I);
    end;
  Result := string(Wide);
end;

{ When the buffer was small the call is done all the same: its reply waits in the DLL, for this thread, and is fetched.
  Nothing is sent twice. }
function TEvoucher.Collect(Code: Integer; var Buffer: TEvText): TEvReply;
var
  Json: TEvText;
  Error: EEvoucher;
begin
  if Buffer[1] = #0 then
  begin
    Buffer := NewBuffer(EvLastReplySize + 1);
    EvLastReply(PAnsiChar(Buffer), Length(Buffer));
  end;
  if Code = EV_BUFFER_TOO_SMALL then
    Code := 0;
  Json := Taken(Buffer);
  Result.Code := Code;
  Result.Json := string(Json);
  if FClient <> 0 then
    Result.Message := FieldOf(FClient, Json, 'message')
  else
    Result.Message := Unescaped(Result.Json);
  Result.Next := FieldOf(FClient, Json, 'next');
  Result.Delivery := FieldOf(FClient, Json, 'delivery');
  if ((Code <= EV_INVALID_ARGUMENT) and (Code >= EV_INVALID_REQUEST)) or (Code = EV_UNKNOWN_SERVICE) then
  begin
    Error := EEvoucher.Create(IntToStr(Code) + ': ' + Result.Message);
    Error.Reply := Result;
    raise Error;
  end;
end;

{ Whether the configuration's charset is the one of this Delphi's strings. Better asked now than with the first reply in
  Chinese, which may be a certificate's. }
function CharsetFits(Client: Integer): Boolean;
const
  {$IFDEF UNICODE}
  PROBE = #$8BCA;
  {$ELSE}
  PROBE = #$D5#$EF;
  {$ENDIF}
begin
  Result := FieldOf(Client, Given('{"probe":"' + PROBE + '"}'), 'probe') = PROBE;
end;

constructor TEvoucher.Create(const Config: string);
var
  Code: Integer;
  Buffer: TEvText;
  Error: EEvoucher;
begin
  inherited Create;
  Code := EvOpen(PAnsiChar(Given(Config)), FClient);
  if Code <> 0 then
  begin
    { No client: nothing to close. }
    FClient := 0;
    Buffer := #0;
    Collect(Code, Buffer);
  end;
  if not CharsetFits(FClient) then
  begin
    Error := EEvoucher.Create('evoucher.json: "charset" must be "' + EV_CHARSET + '" for this program');
    Error.Reply.Code := EV_INVALID_CONFIG;
    raise Error;
  end;
end;

destructor TEvoucher.Destroy;
begin
  { 0 is the default client, which is not ours. }
  if FClient <> 0 then
    EvClose(FClient);
  inherited Destroy;
end;

function TEvoucher.TokenPwdCheckNotc(const Request: string): TEvReply;
var
  Buffer: TEvText;
begin
  Buffer := NewBuffer(REPLY_SIZE);
  Result := Collect(EvTokenPwdCheckNotc(FClient, PAnsiChar(Given(Request)), PAnsiChar(Buffer), REPLY_SIZE), Buffer);
end;

function TEvoucher.TokenPwdStas(const Request: string): TEvReply;
var
  Buffer: TEvText;
begin
  Buffer := NewBuffer(REPLY_SIZE);
  Result := Collect(EvTokenPwdStas(FClient, PAnsiChar(Given(Request)), PAnsiChar(Buffer), REPLY_SIZE), Buffer);
end;

function TEvoucher.SignedQuery(const Request: string): TEvReply;
var
  Buffer: TEvText;
begin
  Buffer := NewBuffer(REPLY_SIZE);
  Result := Collect(EvSignedQuery(FClient, PAnsiChar(Given(Request)), PAnsiChar(Buffer), REPLY_SIZE), Buffer);
end;

function TEvoucher.GenPayCert(const Request: string): TEvReply;
var
  Buffer: TEvText;
begin
  Buffer := NewBuffer(REPLY_SIZE);
  Result := Collect(EvGenPayCert(FClient, PAnsiChar(Given(Request)), PAnsiChar(Buffer), REPLY_SIZE), Buffer);
end;

function TEvoucher.VerifyPassword(const Request: string): TEvReply;
var
  Buffer: TEvText;
begin
  Buffer := NewBuffer(REPLY_SIZE);
  Result := Collect(EvVerifyPassword(FClient, PAnsiChar(Given(Request)), PAnsiChar(Buffer), REPLY_SIZE), Buffer);
end;

function TEvoucher.SettleGate(Settlement: Boolean; const Credential, Method: string; OfflineVerified: Boolean;
  const Token: string): TEvReply;
const
  TRUTH: array[Boolean] of string = ('false', 'true');
var
  Buffer: TEvText;
  Request: string;
begin
  { The texts with their quotes, then the two that have none. }
  Request := EvJson(['credential', Credential, 'method', Method, 'token', Token]);
  Request := Copy(Request, 1, Length(Request) - 1) + ',"settlement":' + TRUTH[Settlement] + ',"offlineVerified":' +
    TRUTH[OfflineVerified] + '}';
  Buffer := NewBuffer(REPLY_SIZE);
  Result := Collect(EvSettleGate(FClient, PAnsiChar(Given(Request)), PAnsiChar(Buffer), REPLY_SIZE), Buffer);
end;

function TEvoucher.OneCodePay(const Request: string): TEvReply;
var
  Buffer: TEvText;
begin
  Buffer := NewBuffer(REPLY_SIZE);
  Result := Collect(EvOneCodePay(FClient, PAnsiChar(Given(Request)), PAnsiChar(Buffer), REPLY_SIZE), Buffer);
end;

function TEvoucher.CheckSetup: TEvReply;
var
  Buffer: TEvText;
begin
  Buffer := NewBuffer(REPLY_SIZE);
  Result := Collect(EvCheck(FClient, PAnsiChar(Buffer), REPLY_SIZE), Buffer);
end;

function TEvoucher.Call(const Service, Request: string): TEvReply;
var
  Buffer: TEvText;
begin
  Buffer := NewBuffer(REPLY_SIZE);
  Result := Collect(EvCall(FClient, PAnsiChar(Given(Service)), PAnsiChar(Given(Request)), PAnsiChar(Buffer), REPLY_SIZE),
    Buffer);
end;

function TEvoucher.Seal(const Text: string): TEvReply;
var
  Buffer: TEvText;
begin
  Buffer := NewBuffer(REPLY_SIZE);
  Result := Collect(EvSeal(FClient, PAnsiChar(Given(Text)), PAnsiChar(Buffer), REPLY_SIZE), Buffer);
end;

function TEvoucher.Unseal(const Text: string): TEvReply;
var
  Buffer: TEvText;
begin
  Buffer := NewBuffer(REPLY_SIZE);
  Result := Collect(EvUnseal(FClient, PAnsiChar(Given(Text)), PAnsiChar(Buffer), REPLY_SIZE), Buffer);
end;

function TEvoucher.Explain(Code: Integer): TEvReply;
var
  Buffer: TEvText;
begin
  Buffer := NewBuffer(REPLY_SIZE);
  Result := Collect(EvExplain(FClient, Code, PAnsiChar(Buffer), REPLY_SIZE), Buffer);
end;

function TEvoucher.Dictionary(const Name: string): TEvReply;
var
  Buffer: TEvText;
begin
  Buffer := NewBuffer(REPLY_SIZE);
  Result := Collect(EvDictionary(FClient, PAnsiChar(Given(Name)), PAnsiChar(Buffer), REPLY_SIZE), Buffer);
end;

procedure TEvoucher.Cancel(const Token: string);
begin
  if Token = '' then
    EvCancel(FClient, nil)
  else
    EvCancel(FClient, PAnsiChar(Given(Token)));
end;

function TEvoucher.Field(const Reply: TEvReply; const Path: string): string;
begin
  Result := FieldOf(FClient, TEvText(Reply.Json), Path);
end;

function Quoted(const Text: string): string;
var
  I: Integer;
begin
  Result := '"';
  I := 1;
  while I <= Length(Text) do
  begin
    {$IFNDEF UNICODE}
    { The second byte of a GBK character may look like a backslash: it is no letter of its own. }
    if (Text[I] >= #$81) and (I < Length(Text)) then
    begin
      Result := Result + Text[I] + Text[I + 1];
      Inc(I, 2);
      Continue;
    end;
    {$ENDIF}
    if (Text[I] = '"') or (Text[I] = '\') then
      Result := Result + '\' + Text[I]
    else if Text[I] < ' ' then
      Result := Result + '\u' + IntToHex(Ord(Text[I]), 4)
    else
      Result := Result + Text[I];
    Inc(I);
  end;
  Result := Result + '"';
end;

function EvJson(const NamesAndValues: array of string): string;
var
  I: Integer;
begin
  Result := '';
  I := Low(NamesAndValues);
  while I < High(NamesAndValues) do
  begin
    if NamesAndValues[I + 1] <> '' then
    begin
      if Result <> '' then
        Result := Result + ',';
      Result := Result + Quoted(NamesAndValues[I]) + ':' + Quoted(NamesAndValues[I + 1]);
    end;
    Inc(I, 2);
  end;
  Result := '{' + Result + '}';
end;

end.
