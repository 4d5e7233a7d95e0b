unit Evoucher;

{ Evoucher.pas - evoucher.dll for Delphi 7 to 12 and Free Pascal.

  Copy this file into your project. The DLL must be of the program's bitness (x86 for every Delphi before XE2), beside
  the program.

  The configuration's "charset", which is checked when a client is opened:
    Delphi 2007 and earlier, Free Pascal in Delphi mode:  "charset":"gbk"   (string is ANSI: GBK on Chinese Windows)
    Delphi 2009 and later:                                "utf-8", the default (string is UTF-16; this unit converts)

  Calls block until the centre has answered or time is out: in a form, make them in a TThread, as docs/integration.md
  shows. Open one TEvoucher for the whole program: it is safe to share between threads, and holds the connections.

  Settle only when Reply.Settles, charge only when Reply.Charges. }

{$IFDEF FPC}
  {$IFNDEF UNICODE}{$MODE DELPHI}{$ENDIF}
{$ENDIF}
{$H+}

interface

uses
  SysUtils, Classes;

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
  EV_JOURNAL = -10010;
  EV_ISSUED_BEFORE = -10011;
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

  { The words of a reply's Next. One that is not among them means neither settle nor charge. }
  { <gen:next> }
  EV_NEXT_SETTLE = 'settle';
  EV_NEXT_WAIT = 'wait';
  EV_NEXT_RESEND = 'resend';
  EV_NEXT_OFFLINE_CHECK = 'offline_check';
  EV_NEXT_OTHER_APP = 'other_app';
  EV_NEXT_GET_CERTIFICATE = 'get_certificate';
  EV_NEXT_CHARGE = 'charge';
  EV_NEXT_RESCAN = 'rescan';
  EV_NEXT_CONFIRM_CHARGE = 'confirm_charge';
  EV_NEXT_ALREADY_PAID = 'already_paid';
  EV_NEXT_OTHER_PAYMENT = 'other_payment';
  EV_NEXT_RETRY_LATER = 'retry_later';
  EV_NEXT_RETRY = 'retry';
  EV_NEXT_FIX_REQUEST = 'fix_request';
  EV_NEXT_FIX_SETUP = 'fix_setup';
  EV_NEXT_ASK_CENTRE = 'ask_centre';
  { </gen:next> }

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

  { What the payment channel said of a charge: nobody knows, it has charged, it has not and never will with this
    certificate. }
  TEvOutcome = (evUnknown, evPaid, evFailed);

  { Told of each step of a flow, on the thread that runs it; other than 0 cancels the flow. It must not raise, and of the
    DLL it may call only EvField. Set it with EvOnProgress, on that thread. }
  TEvProgress = function(User: Pointer; Event: PAnsiChar): Integer; stdcall;

  { As EvOnCall has it: Line is one line of JSON. TEvoucher.OnCall is easier to use. }
  TEvLine = procedure(User: Pointer; Line: PAnsiChar); stdcall;

  { Told of every call and every step of a flow: the JSON line that the log would have. }
  TEvCallEnded = procedure(const Line: string) of object;

  { What came back. One that was never filled, because its call raised or has not ended, neither settles nor charges. }
  {$IFDEF UNICODE}
  TEvReply = record
  {$ELSE}
  { Records have no methods in Delphi 7. }
  TEvReply = object
  {$ENDIF}
  private
    FCode: Integer;
  public
    Hint: string;      { for the operator's screen: why, and what to do now }
    Message: string;   { for the details: the centre's own words, or the library's }
    Next: string;      { what to do now, one of EV_NEXT_... }
    Delivery: string;  { not_sent, unknown or answered }
    Json: string;      { the whole reply }
    { Settle only then: Next is settle. }
    function Settles: Boolean;
    { Charge exactly the amount that was asked for, and only then: Next is charge. }
    function Charges: Boolean;
    { For the log. For the four services 0 says only that the centre answered. EV_INTERNAL in a reply never filled. }
    function Code: Integer;
  end;

  { The set-up or the program has to be put right, and nothing was sent; Message is the library's own. Everything else,
    a token that was misread or a broken network, is a reply with a Next. }
  EEvoucher = class(Exception)
  public
    Reply: TEvReply;
  end;

  { An open client. Each call holds it until its reply has been read, whatever becomes of the TEvoucher meanwhile. }
  IEvHandle = interface
    function Number: Integer;
    function Flows: TThreadList;
    procedure OnCall(Told: TEvCallEnded);
  end;

  TEvoucher = class
  private
    FHandle: IEvHandle;
    function GetClient: Integer;
  public
    { Config: JSON text, or '@' and the path of a file that holds it. }
    constructor Create(const Config: string);

    { password check: notify; Next: wait, settle, offline_check ... }
    function TokenPwdCheckNotc(const Request: string): TEvReply;
    { password check: status; Next: settle or wait ... }
    function TokenPwdStas(const Request: string): TEvReply;
    { one-code pay: status; Next: get_certificate, other_payment ... }
    function SignedQuery(const Request: string): TEvReply;
    { one-code pay: certificate; charge only when the reply Charges }
    function GenPayCert(const Request: string): TEvReply;
    { What became of a charge, to be told after each one, and for every bill that is open when the program starts: the
      DLL's risk control goes by it (A 1.4.3.3). Sends nothing. OrgCodg: '' is the one in the configuration's defaults.
      Next: retry after evFailed, confirm_charge after evUnknown, '' after evPaid. }
    function ReportCharge(const OrgCodg, SerialNumber, Amount: string; Outcome: TEvOutcome): TEvReply;

    { Flows: several steps in one call, which blocks until the patient has verified, or time is out. Where there is a
      Cancel button, call them on a TEvFlow. }
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
    { The one-function style, on the default client (evoucher.json beside the DLL). Url takes the place of its localUrl;
      '': does not. }
    class function Trans(const Url, Request: string): TEvReply;
    { The envelope alone, for joint testing. }
    function Seal(const Text: string): TEvReply;
    function Unseal(const Text: string): TEvReply;
    { The meaning of a code, and what to do about it. }
    function Explain(Code: Integer): TEvReply;
    { The documents' tables: 'code' or 'idType'. }
    function Dictionary(const Name: string): TEvReply;
    { From another thread: ends what this client is doing for a token, or all of it with ''; of a TEvFlow also what has
      not begun. How many calls were ended. }
    function Cancel(const Token: string): Integer;
    { Told is told of every call of this client and every step of its flows, whatever log.level is and without a log
      too; nil ends it. It is told on the thread that made the call, once the reply is there, and several threads may be
      told at once: hand the line on (PostMessage, a queue) and return; never wait for the thread that ends it. When this
      returns, nobody is told by what was set before. }
    procedure OnCall(Told: TEvCallEnded);
    { One field of a reply, such as 'data.payCert'; '' when there is none. }
    function Field(const Reply: TEvReply; const Path: string): string;

    property Client: Integer read GetClient;
  end;

  { A patient's flows with a Cancel button. Make it where the flow is asked for (the form), call the flow on a thread,
    and cancel from the form at any time: a flow that has not begun yet then ends before it sends anything. }
  TEvFlow = class
  private
    FHandle: IEvHandle;
    FToken: string;
    FProgress: TEvProgress;
    FUser: Pointer;
    FBegun, FCancelled: Boolean;
  public
    constructor Create(Centre: TEvoucher; const Token: string);
    destructor Destroy; override;

    { As those of TEvoucher. }
    function VerifyPassword(const Request: string): TEvReply;
    function SettleGate(Settlement: Boolean; const Credential, Method: string; OfflineVerified: Boolean): TEvReply;
    function OneCodePay(const Request: string): TEvReply;

    { Ends it, whether it has begun or not, and what else is under way for the token. How many calls were ended. }
    function Cancel: Integer;
    { Told of each step, in place of EvOnProgress. }
    procedure OnProgress(Progress: TEvProgress; User: Pointer);
  end;

{ A JSON object for a request: EvJson(['token', Token, 'totalAmount', '12.30']). Empty values are left out, but for a
  token: what read nothing is to be scanned again. }
function EvJson(const NamesAndValues: array of string): string;

{ A few characters in Chinese for a label or a button; a word that is not known as it is. }
function EvNextLabel(const Next: string): string;

{ The functions themselves. The names and arguments of evoucher.h, which "cargo xtask gen" makes them from. }
{ <gen:functions> }
function EvOpen(Config: PAnsiChar; var Client: Integer): Integer; stdcall; external 'evoucher.dll';
function EvClose(Client: Integer): Integer; stdcall; external 'evoucher.dll';
function EvTokenPwdCheckNotc(Client: Integer; Request: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvTokenPwdStas(Client: Integer; Request: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvSignedQuery(Client: Integer; Request: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvGenPayCert(Client: Integer; Request: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvReportCharge(Client: Integer; Request: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvCall(Client: Integer; Service: PAnsiChar; Request: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvTrans(Url: PAnsiChar; Request: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvVerifyPassword(Client: Integer; Request: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvSettleGate(Client: Integer; Request: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvOneCodePay(Client: Integer; Request: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall; external 'evoucher.dll';
function EvOnProgress(Client: Integer; Progress: TEvProgress; User: Pointer): Integer; stdcall; external 'evoucher.dll';
function EvOnCall(Client: Integer; Line: TEvLine; User: Pointer): Integer; stdcall; external 'evoucher.dll';
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
  { Nobody's handle: with it EvField reads what the DLL says where there is no client. }
  NO_CLIENT = -1;

  { UTF-16 where strings are that, and GBK where they are bytes. }
  { <gen:labels> }
  EV_NEXT_WORDS: array[0..15] of string = (
    EV_NEXT_SETTLE,
    EV_NEXT_WAIT,
    EV_NEXT_RESEND,
    EV_NEXT_OFFLINE_CHECK,
    EV_NEXT_OTHER_APP,
    EV_NEXT_GET_CERTIFICATE,
    EV_NEXT_CHARGE,
    EV_NEXT_RESCAN,
    EV_NEXT_CONFIRM_CHARGE,
    EV_NEXT_ALREADY_PAID,
    EV_NEXT_OTHER_PAYMENT,
    EV_NEXT_RETRY_LATER,
    EV_NEXT_RETRY,
    EV_NEXT_FIX_REQUEST,
    EV_NEXT_FIX_SETUP,
    EV_NEXT_ASK_CENTRE);
  {$IFDEF UNICODE}
  EV_NEXT_LABELS: array[0..15] of string = (
    #$7ED3#$7B97,
    #$7B49#$5F85#$6838#$9A8C,
    #$91CD#$53D1#$901A#$77E5,
    #$7EBF#$4E0B#$6838#$9A8C,
    #$6362#$5E94#$7528#$5C55#$7801,
    #$53D6#$4ED8#$6B3E#$51ED#$636E,
    #$6263#$6B3E,
    #$91CD#$65B0#$626B#$7801,
    #$6838#$5BF9#$6263#$6B3E,
    #$5DF2#$4ED8#$6B3E,
    #$5176#$4ED6#$652F#$4ED8,
    #$7A0D#$540E#$518D#$8BD5,
    #$539F#$6837#$518D#$53D6,
    #$8054#$7CFB#$4FE1#$606F#$79D1,
    #$8054#$7CFB#$4FE1#$606F#$79D1,
    #$54A8#$8BE2#$4E2D#$5FC3);
  {$ELSE}
  EV_NEXT_LABELS: array[0..15] of string = (
    #$BD#$E1#$CB#$E3,
    #$B5#$C8#$B4#$FD#$BA#$CB#$D1#$E9,
    #$D6#$D8#$B7#$A2#$CD#$A8#$D6#$AA,
    #$CF#$DF#$CF#$C2#$BA#$CB#$D1#$E9,
    #$BB#$BB#$D3#$A6#$D3#$C3#$D5#$B9#$C2#$EB,
    #$C8#$A1#$B8#$B6#$BF#$EE#$C6#$BE#$BE#$DD,
    #$BF#$DB#$BF#$EE,
    #$D6#$D8#$D0#$C2#$C9#$A8#$C2#$EB,
    #$BA#$CB#$B6#$D4#$BF#$DB#$BF#$EE,
    #$D2#$D1#$B8#$B6#$BF#$EE,
    #$C6#$E4#$CB#$FB#$D6#$A7#$B8#$B6,
    #$C9#$D4#$BA#$F3#$D4#$D9#$CA#$D4,
    #$D4#$AD#$D1#$F9#$D4#$D9#$C8#$A1,
    #$C1#$AA#$CF#$B5#$D0#$C5#$CF#$A2#$BF#$C6,
    #$C1#$AA#$CF#$B5#$D0#$C5#$CF#$A2#$BF#$C6,
    #$D7#$C9#$D1#$AF#$D6#$D0#$D0#$C4);
  {$ENDIF}
  { </gen:labels> }

type
  TEvHandle = class(TInterfacedObject, IEvHandle)
  private
    FNumber: Integer;
    FFlows: TThreadList;
    FTold: TEvCallEnded;
  public
    constructor Create(Number: Integer);
    destructor Destroy; override;
    function Number: Integer;
    function Flows: TThreadList;
    procedure OnCall(Told: TEvCallEnded);
  end;

  { What most functions of the DLL are. }
  TEvFunction = function(Client: Integer; Request: PAnsiChar; Reply: PAnsiChar; ReplySize: Integer): Integer; stdcall;

constructor TEvHandle.Create(Number: Integer);
begin
  inherited Create;
  FNumber := Number;
  FFlows := TThreadList.Create;
end;

destructor TEvHandle.Destroy;
begin
  EvClose(FNumber);
  FFlows.Free;
  inherited Destroy;
end;

function TEvHandle.Number: Integer;
begin
  Result := FNumber;
end;

function TEvHandle.Flows: TThreadList;
begin
  Result := FFlows;
end;

procedure CallEnded(User: Pointer; Line: PAnsiChar); stdcall;
begin
  try
    TEvHandle(User).FTold(string(TEvText(Line)));
  except
    { No exception may cross the DLL, and the call is done. }
  end;
end;

procedure TEvHandle.OnCall(Told: TEvCallEnded);
begin
  { Ended first: nobody reads what is written here then. }
  EvOnCall(FNumber, nil, nil);
  FTold := Told;
  if Assigned(Told) then
    EvOnCall(FNumber, CallEnded, Self);
end;

function TEvReply.Settles: Boolean;
begin
  Result := Next = 'settle';
end;

function TEvReply.Charges: Boolean;
begin
  Result := Next = 'charge';
end;

function TEvReply.Code: Integer;
begin
  { Every reply has a delivery. }
  if Delivery = '' then
    Result := EV_INTERNAL
  else
    Result := FCode;
end;

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

{ A request or a token holds what somebody scanned or typed. A NUL, which would hide what follows, goes as another
  control character: the DLL refuses those, and the refusal is a reply like any other. }
function Asked(const Request: string): TEvText;
var
  Text: string;
  I: Integer;
begin
  Text := Request;
  for I := 1 to Length(Text) do
    if Text[I] = #0 then
      Text[I] := #1;
  Result := TEvText(Text);
end;

{ The ASCII form, as an operator wants to read it. }
function Unescaped(const Ascii: string): string;
var
  Wide: WideString;
  I, Unit16: Integer;
begin
  Wide := '';
  I := 1;
  while I <= Length(Ascii) do
  begin
    Unit16 := -1;
    if (Copy(Ascii, I, 2) = '\u') and (I + 5 <= Length(Ascii)) then
      Unit16 := StrToIntDef('$' + Copy(Ascii, I + 2, 4), -1);
    if Unit16 < 0 then
    begin
      Wide := Wide + WideChar(Ord(Ascii[I]));
      Inc(I);
    end
    else
    begin
      Wide := Wide + WideChar(Unit16);
      Inc(I, 6);
    end;
  end;
  Result := string(Wide);
end;

function FieldOf(Client: Integer; const Json: TEvText; const Path: string): string;
var
  Value: TEvText;
begin
  { No field is longer than the reply that it is in. }
  Value := NewBuffer(Length(Json) + 1);
  if (Client <> NO_CLIENT) and
    (EvField(Client, PAnsiChar(Json), PAnsiChar(Given(Path)), PAnsiChar(Value), Length(Value)) = 0) then
    Result := string(Taken(Value))
  { What the DLL says of a client that is not there. }
  else if EvField(NO_CLIENT, PAnsiChar(Json), PAnsiChar(Given(Path)), PAnsiChar(Value), Length(Value)) = 0 then
    Result := Unescaped(string(Taken(Value)))
  else
    Result := '';
end;

function LastReply: TEvText;
begin
  Result := NewBuffer(EvLastReplySize + 1);
  EvLastReply(PAnsiChar(Result), Length(Result));
  Result := Taken(Result);
end;

procedure Refuse(const Reply: TEvReply);
var
  Error: EEvoucher;
begin
  Error := EEvoucher.Create(Reply.Message);
  Error.Reply := Reply;
  raise Error;
end;

function ReplyOf(Client, Code: Integer; const Json: TEvText): TEvReply;
begin
  Result.FCode := Code;
  Result.Json := string(Json);
  Result.Hint := FieldOf(Client, Json, 'hint');
  Result.Message := FieldOf(Client, Json, 'message');
  Result.Next := FieldOf(Client, Json, 'next');
  Result.Delivery := FieldOf(Client, Json, 'delivery');
end;

{ When the buffer was small the call is done all the same: its reply waits in the DLL, for this thread, and is fetched.
  Nothing is sent twice. }
function Collect(Client, Code: Integer; const Buffer: TEvText): TEvReply;
var
  Json: TEvText;
begin
  Json := Taken(Buffer);
  if Length(Json) = 0 then
    Json := LastReply;
  if Code = EV_BUFFER_TOO_SMALL then
    Code := 0;
  Result := ReplyOf(Client, Code, Json);
  if (Code = EV_INVALID_CONFIG) or (Code = EV_INVALID_CLIENT) or (Code = EV_UNKNOWN_SERVICE) then
    Refuse(Result);
end;

{ Handle: a copy, not a const, so that this call holds it. }
function Ask(Handle: IEvHandle; Called: TEvFunction; const Text: TEvText): TEvReply;
var
  Code: Integer;
  Buffer: TEvText;
begin
  Buffer := NewBuffer(REPLY_SIZE);
  Code := Called(Handle.Number, PAnsiChar(Text), PAnsiChar(Buffer), REPLY_SIZE);
  Result := Collect(Handle.Number, Code, Buffer);
end;

{ The configuration's charset must be the one of this Delphi's strings. Better asked now than with the first reply in
  Chinese, which may be a certificate's. }
procedure CheckCharset(Client: Integer);
const
  {$IFDEF UNICODE}
  PROBE = #$8BCA;
  {$ELSE}
  PROBE = #$D5#$EF;
  {$ENDIF}
var
  Value: TEvText;
  Code: Integer;
  Reply: TEvReply;
begin
  Value := NewBuffer(REPLY_SIZE);
  Code := EvField(Client, PAnsiChar(Given('{"probe":"' + PROBE + '"}')), 'probe', PAnsiChar(Value), REPLY_SIZE);
  { Without a client the call says what is wrong. }
  if (Code = EV_INVALID_CONFIG) or (Code = EV_INVALID_CLIENT) then
    Exit;
  if (Code <> 0) or (string(Taken(Value)) <> PROBE) then
  begin
    Reply.FCode := EV_INVALID_CONFIG;
    Reply.Message := 'evoucher.json: "charset" must be "' + EV_CHARSET + '" for this program';
    Reply.Hint := Reply.Message;
    Reply.Next := EV_NEXT_FIX_SETUP;
    Reply.Delivery := 'not_sent';
    Refuse(Reply);
  end;
end;

function GateRequest(Settlement: Boolean; const Credential, Method: string; OfflineVerified: Boolean;
  const Token: string): string;
const
  TRUTH: array[Boolean] of string = ('false', 'true');
begin
  { The texts with their quotes, then the two that have none. }
  Result := EvJson(['credential', Credential, 'method', Method, 'token', Token]);
  Result := Copy(Result, 1, Length(Result) - 1) + ',"settlement":' + TRUTH[Settlement] + ',"offlineVerified":' +
    TRUTH[OfflineVerified] + '}';
end;

function CancelOn(Handle: IEvHandle; const Token: string): Integer;
var
  Flows: TList;
  Flow: TEvFlow;
  I, Code: Integer;
begin
  Result := 0;
  Flows := Handle.Flows.LockList;
  try
    for I := 0 to Flows.Count - 1 do
    begin
      Flow := TEvFlow(Flows[I]);
      if (Token = '') or (Flow.FToken = Token) then
      begin
        if not (Flow.FBegun or Flow.FCancelled) then
          Inc(Result);
        Flow.FCancelled := True;
      end;
    end;
    { Under the lock none of them begins, to be counted twice, or ends, to be counted by nobody. }
    if Token = '' then
      Code := EvCancel(Handle.Number, nil)
    else
      Code := EvCancel(Handle.Number, PAnsiChar(Asked(Token)));
  finally
    Handle.Flows.UnlockList;
  end;
  if Code = 0 then
    Inc(Result, StrToIntDef(FieldOf(Handle.Number, LastReply, 'data.cancelled'), 0));
end;

constructor TEvoucher.Create(const Config: string);
var
  Code, Number: Integer;
begin
  inherited Create;
  Code := EvOpen(PAnsiChar(Given(Config)), Number);
  if Code <> 0 then
    Refuse(ReplyOf(NO_CLIENT, Code, LastReply));
  FHandle := TEvHandle.Create(Number);
  CheckCharset(Number);
end;

function TEvoucher.GetClient: Integer;
begin
  Result := FHandle.Number;
end;

function TEvoucher.TokenPwdCheckNotc(const Request: string): TEvReply;
begin
  Result := Ask(FHandle, EvTokenPwdCheckNotc, Asked(Request));
end;

function TEvoucher.TokenPwdStas(const Request: string): TEvReply;
begin
  Result := Ask(FHandle, EvTokenPwdStas, Asked(Request));
end;

function TEvoucher.SignedQuery(const Request: string): TEvReply;
begin
  Result := Ask(FHandle, EvSignedQuery, Asked(Request));
end;

function TEvoucher.GenPayCert(const Request: string): TEvReply;
begin
  Result := Ask(FHandle, EvGenPayCert, Asked(Request));
end;

function TEvoucher.ReportCharge(const OrgCodg, SerialNumber, Amount: string; Outcome: TEvOutcome): TEvReply;
const
  WORDS: array[TEvOutcome] of string = ('unknown', 'paid', 'failed');
begin
  Result := Ask(FHandle, EvReportCharge, Asked(EvJson(['orgCodg', OrgCodg, 'fixmedinsTrnsSn', SerialNumber,
    'ownPaySetlAmt', Amount, 'outcome', WORDS[Outcome]])));
end;

function TEvoucher.VerifyPassword(const Request: string): TEvReply;
begin
  Result := Ask(FHandle, EvVerifyPassword, Asked(Request));
end;

function TEvoucher.SettleGate(Settlement: Boolean; const Credential, Method: string; OfflineVerified: Boolean;
  const Token: string): TEvReply;
begin
  Result := Ask(FHandle, EvSettleGate, Asked(GateRequest(Settlement, Credential, Method, OfflineVerified, Token)));
end;

function TEvoucher.OneCodePay(const Request: string): TEvReply;
begin
  Result := Ask(FHandle, EvOneCodePay, Asked(Request));
end;

function TEvoucher.CheckSetup: TEvReply;
var
  Handle: IEvHandle;
  Code: Integer;
  Buffer: TEvText;
begin
  Handle := FHandle;
  Buffer := NewBuffer(REPLY_SIZE);
  Code := EvCheck(Handle.Number, PAnsiChar(Buffer), REPLY_SIZE);
  Result := Collect(Handle.Number, Code, Buffer);
end;

function TEvoucher.Call(const Service, Request: string): TEvReply;
var
  Handle: IEvHandle;
  Code: Integer;
  Buffer: TEvText;
begin
  Handle := FHandle;
  Buffer := NewBuffer(REPLY_SIZE);
  Code := EvCall(Handle.Number, PAnsiChar(Given(Service)), PAnsiChar(Asked(Request)), PAnsiChar(Buffer), REPLY_SIZE);
  Result := Collect(Handle.Number, Code, Buffer);
end;

class function TEvoucher.Trans(const Url, Request: string): TEvReply;
var
  Code: Integer;
  Buffer: TEvText;
begin
  CheckCharset(0);
  Buffer := NewBuffer(REPLY_SIZE);
  Code := EvTrans(PAnsiChar(Given(Url)), PAnsiChar(Asked(Request)), PAnsiChar(Buffer), REPLY_SIZE);
  Result := Collect(0, Code, Buffer);
end;

function TEvoucher.Seal(const Text: string): TEvReply;
begin
  Result := Ask(FHandle, EvSeal, Given(Text));
end;

function TEvoucher.Unseal(const Text: string): TEvReply;
begin
  Result := Ask(FHandle, EvUnseal, Given(Text));
end;

function TEvoucher.Explain(Code: Integer): TEvReply;
var
  Handle: IEvHandle;
  Returned: Integer;
  Buffer: TEvText;
begin
  Handle := FHandle;
  Buffer := NewBuffer(REPLY_SIZE);
  Returned := EvExplain(Handle.Number, Code, PAnsiChar(Buffer), REPLY_SIZE);
  Result := Collect(Handle.Number, Returned, Buffer);
end;

function TEvoucher.Dictionary(const Name: string): TEvReply;
begin
  Result := Ask(FHandle, EvDictionary, Given(Name));
end;

function TEvoucher.Cancel(const Token: string): Integer;
begin
  Result := CancelOn(FHandle, Token);
end;

procedure TEvoucher.OnCall(Told: TEvCallEnded);
begin
  FHandle.OnCall(Told);
end;

function TEvoucher.Field(const Reply: TEvReply; const Path: string): string;
begin
  Result := FieldOf(FHandle.Number, TEvText(Reply.Json), Path);
end;

function FlowProgress(User: Pointer; Event: PAnsiChar): Integer; stdcall;
var
  Flow: TEvFlow;
begin
  Flow := TEvFlow(User);
  Result := 0;
  try
    if Assigned(Flow.FProgress) then
      Result := Flow.FProgress(Flow.FUser, Event);
  except
    { No exception may cross the DLL. }
    Result := 1;
  end;
  { A Cancel that is at it counts this flow first. }
  Flow.FHandle.Flows.LockList;
  if Flow.FCancelled then
    Result := 1;
  Flow.FHandle.Flows.UnlockList;
end;

function Run(Flow: TEvFlow; Called: TEvFunction; const Request: string): TEvReply;
begin
  Flow.FHandle.Flows.LockList;
  Flow.FBegun := True;
  Flow.FHandle.Flows.UnlockList;
  { The first that it is told is that the flow begins, before anything is sent: what was cancelled ends there. }
  EvOnProgress(Flow.FHandle.Number, FlowProgress, Flow);
  try
    Result := Ask(Flow.FHandle, Called, Asked(Request));
  finally
    EvOnProgress(Flow.FHandle.Number, nil, nil);
  end;
end;

constructor TEvFlow.Create(Centre: TEvoucher; const Token: string);
begin
  inherited Create;
  FHandle := Centre.FHandle;
  FToken := Token;
  FHandle.Flows.Add(Self);
end;

destructor TEvFlow.Destroy;
begin
  if FHandle <> nil then
    FHandle.Flows.Remove(Self);
  inherited Destroy;
end;

function TEvFlow.VerifyPassword(const Request: string): TEvReply;
begin
  Result := Run(Self, EvVerifyPassword, Request);
end;

function TEvFlow.SettleGate(Settlement: Boolean; const Credential, Method: string;
  OfflineVerified: Boolean): TEvReply;
begin
  Result := Run(Self, EvSettleGate, GateRequest(Settlement, Credential, Method, OfflineVerified, FToken));
end;

function TEvFlow.OneCodePay(const Request: string): TEvReply;
begin
  Result := Run(Self, EvOneCodePay, Request);
end;

function TEvFlow.Cancel: Integer;
begin
  if FToken <> '' then
    Result := CancelOn(FHandle, FToken)
  else
  begin
    { A scan that read nothing: '' would be everybody's, and no call of it waits for anything. }
    FHandle.Flows.LockList;
    if FBegun or FCancelled then
      Result := 0
    else
      Result := 1;
    FCancelled := True;
    FHandle.Flows.UnlockList;
  end;
end;

procedure TEvFlow.OnProgress(Progress: TEvProgress; User: Pointer);
begin
  FProgress := Progress;
  FUser := User;
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

function EvNextLabel(const Next: string): string;
var
  Index: Integer;
begin
  Result := Next;
  for Index := Low(EV_NEXT_WORDS) to High(EV_NEXT_WORDS) do
    if EV_NEXT_WORDS[Index] = Next then
      Result := EV_NEXT_LABELS[Index];
end;

function EvJson(const NamesAndValues: array of string): string;
var
  I: Integer;
begin
  Result := '';
  I := Low(NamesAndValues);
  while I < High(NamesAndValues) do
  begin
    if (NamesAndValues[I + 1] <> '') or (NamesAndValues[I] = 'token') then
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
