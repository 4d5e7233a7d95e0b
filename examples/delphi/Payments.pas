unit Payments;

{ A bill that is paid once, whenever the power fails: one-code pay, the charge at the payment channel, and what became of
  it. docs/no-double-charge.zh-CN.md explains each step. Delphi 7 to 12, and Free Pascal; nothing here is shown, so that
  programs with windows and without can use it, on any thread. }

{$IFDEF FPC}
  {$IFNDEF UNICODE}{$MODE DELPHI}{$ENDIF}
{$ENDIF}
{$H+}

interface

uses
  SysUtils, Evoucher;

type
  { Your database and your payment channel. Override all that is abstract. }
  TEvBooks = class
  public
    { Makes a new bill with its serial number and its amount, which stay. False: it is there with another amount, and another
      amount is another bill. }
    function Add(const Serial, Amount: string): Boolean; virtual; abstract;
    { On the disk before it returns, or an exception: what cannot be noted is not done. State: asking and charging are open,
      unpaid is certainly not charged, and paid. }
    procedure Note(const Serial, State: string); virtual; abstract;
    { What was noted last; unpaid for a new bill. }
    function State(const Serial: string): string; virtual; abstract;
    { Charges this amount with this certificate, once. evPaid and evFailed are the channel's final word; all else is
      evUnknown: no answer, one that is not understood, "in progress". }
    function Charge(const Certificate, Channel, Serial, Amount: string): TEvOutcome; virtual; abstract;
    { What became of a charge that nobody knows of? That nothing is charged yet proves nothing while a charge may be on its
      way: so what is not charged is closed first, and then the channel's word is final. }
    function Confirm(const Serial: string): TEvOutcome; virtual; abstract;
    { Each step, for a log of your own. }
    procedure Told(const Line: string); virtual;
  end;

{ Goes by Next until the bill is paid, certainly not paid, or somebody has to look at it. Its state is what was noted last; the
  last reply is given for its Hint. }
function PayBill(Centre: TEvoucher; Books: TEvBooks; const Serial, Amount, Token: string): TEvReply;

{ When the program starts, for each bill that is open: the power may have failed at any moment of PayBill. }
function ClearUpBill(Centre: TEvoucher; Books: TEvBooks; const Serial, Amount: string): TEvReply;

implementation

const
  { How many replies of the DLL are followed for one bill, before somebody has to look at it. }
  ROUNDS = 6;

procedure TEvBooks.Told(const Line: string);
begin
end;

{ Asks for a certificate; for a bill that was asked for before, the same question says where it stands. The serial number
  and the amount are the bill's, every time. }
function Ask(Centre: TEvoucher; Books: TEvBooks; const Serial, Amount, Token: string): TEvReply;
begin
  Result := Centre.OneCodePay(EvJson(['token', Token, 'ownPaySetlAmt', Amount, 'fixmedinsTrnsSn', Serial]));
  Books.Told('next ' + Result.Next);
  Books.Told('hint ' + Result.Hint);
end;

{ Tells the DLL what the channel said. }
function Report(Centre: TEvoucher; Books: TEvBooks; const Serial, Amount: string; Outcome: TEvOutcome): TEvReply;
const
  WORDS: array[TEvOutcome] of string = ('unknown', 'paid', 'failed');
begin
  Books.Told('report ' + WORDS[Outcome]);
  Result := Centre.ReportCharge('', Serial, Amount, Outcome);
end;

function PayBill(Centre: TEvoucher; Books: TEvBooks; const Serial, Amount, Token: string): TEvReply;
var
  Outcome: TEvOutcome;
  Round: Integer;
begin
  { Nothing was charged yet. }
  Outcome := evFailed;
  Books.Note(Serial, 'asking');
  Result := Ask(Centre, Books, Serial, Amount, Token);
  for Round := 1 to ROUNDS do
  begin
    if Result.Charges then
    begin
      { Before the channel hears of it. }
      Books.Note(Serial, 'charging');
      Outcome := Books.Charge(Centre.Field(Result, 'data.payCert'), Centre.Field(Result, 'data.payChnlName'), Serial,
        Amount);
      { Whatever it was; the reply's Next says how to go on. }
      Result := Report(Centre, Books, Serial, Amount, Outcome);
      if Outcome = evPaid then
      begin
        Books.Note(Serial, 'paid');
        Exit;
      end;
      if (Outcome = evFailed) and (Result.Next = EV_NEXT_RETRY) then
      begin
        { No money in the account: the patient decides what now. }
        Books.Note(Serial, 'unpaid');
        Exit;
      end;
    end
    else if Result.Next = EV_NEXT_CONFIRM_CHARGE then
    begin
      Outcome := Books.Confirm(Serial);
      Report(Centre, Books, Serial, Amount, Outcome);
      if Outcome = evPaid then
      begin
        Books.Note(Serial, 'paid');
        Exit;
      end;
      Sleep(1000);
      Result := Ask(Centre, Books, Serial, Amount, Token);
    end
    else if Result.Next = EV_NEXT_ALREADY_PAID then
    begin
      Books.Note(Serial, 'paid');
      Exit;
    end
    else if (Result.Next = EV_NEXT_RETRY) or (Result.Next = EV_NEXT_RETRY_LATER) then
    begin
      { The same serial number, the same amount. }
      Sleep(1000);
      Result := Ask(Centre, Books, Serial, Amount, Token);
    end
    else
      { What is not known means neither. }
      Break;
  end;
  { Only where it is certain that nothing was charged; all else stays open. }
  if (Outcome <> evUnknown) and ((Result.Next = EV_NEXT_OTHER_PAYMENT) or (Result.Next = EV_NEXT_RESCAN) or
    (Result.Next = EV_NEXT_RETRY) or (Result.Next = EV_NEXT_FIX_REQUEST)) then
    Books.Note(Serial, 'unpaid');
end;

function ClearUpBill(Centre: TEvoucher; Books: TEvBooks; const Serial, Amount: string): TEvReply;
var
  Outcome: TEvOutcome;
begin
  Outcome := Books.Confirm(Serial);
  Result := Report(Centre, Books, Serial, Amount, Outcome);
  if (Outcome = evPaid) or (Result.Next = EV_NEXT_ALREADY_PAID) then
    Books.Note(Serial, 'paid')
  else if (Outcome = evFailed) and (Result.Next = EV_NEXT_RETRY) then
    { The patient may pay it now: the same serial number. }
    Books.Note(Serial, 'unpaid');
end;

end.
