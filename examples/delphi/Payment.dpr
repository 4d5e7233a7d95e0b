program Payment;

{ A payment that is made once, whenever the power fails: one-code pay, the charge at the payment channel, and what became
  of it. docs/no-double-charge.zh-CN.md explains each step.

    Payment @evoucher.json CHANNEL BILLS [SERIAL_NUMBER OWN_PAY_AMOUNT TOKEN]

  The steps are in Payments.pas, the bills and the channel in HisBooks.pas. The configuration has "journal" and, in "defaults", who
  asks. CHANNEL is the payment channel's address, such as 127.0.0.1:18080 of evoucher-sandbox: put your
  channel's own interface in its place. BILLS is the file of bills, which stands for your database. First it clears up what an earlier run left open; then, if there is a bill, it
  pays it. The serial number is the bill's own, made with the bill and never again.

  Ends with 0 when all is paid, 1 when the bill is certainly not paid, 2 when it could not work, and 3 when nobody knows
  yet: then take no money for that bill, and start it again later. }

{$IFDEF FPC}
  {$IFNDEF UNICODE}{$MODE DELPHI}{$ENDIF}
{$ENDIF}
{$APPTYPE CONSOLE}

uses
  SysUtils, Classes, Evoucher, Payments, HisBooks;

type
  { Shows each step. }
  TBooks = class(THisBooks)
  public
    procedure Told(const Line: string); override;
  end;

procedure TBooks.Told(const Line: string);
begin
  WriteLn(Line);
end;

function Run(Centre: TEvoucher; Books: TBooks): Integer;
var
  Serial: string;
  Left: TStringList;
  I: Integer;
begin
  Result := 0;
  Left := Books.Open;
  try
    for I := 0 to Left.Count - 1 do
      ClearUpBill(Centre, Books, Left[I], Books.Amount(Left[I]));
  finally
    Left.Free;
  end;
  if ParamCount = 6 then
  begin
    Serial := ParamStr(4);
    if not Books.Add(Serial, ParamStr(5)) then
    begin
      WriteLn(Serial, ' is a bill of ', Books.Amount(Serial), ': another amount is another bill');
      Result := 2;
      Exit;
    end;
    if Books.State(Serial) = 'unpaid' then
      PayBill(Centre, Books, Serial, Books.Amount(Serial), ParamStr(6));
    if Books.State(Serial) <> 'paid' then
      Result := 1;
  end;
  Left := Books.Open;
  if Left.Count > 0 then
    Result := 3;
  Left.Free;
end;

var
  Centre: TEvoucher;
  Books: TBooks;
begin
  if not ((ParamCount = 3) or ((ParamCount = 6) and (Pos('=', ParamStr(4)) = 0) and (Pos(#9, ParamStr(4)) = 0))) then
  begin
    WriteLn('Payment @evoucher.json CHANNEL BILLS [SERIAL_NUMBER OWN_PAY_AMOUNT TOKEN]');
    Halt(2);
  end;
  ExitCode := 2;
  try
    Books := TBooks.Create(ParamStr(2), ParamStr(3));
    Centre := TEvoucher.Create(ParamStr(1));
    try
      ExitCode := Run(Centre, Books);
    finally
      Centre.Free;
    end;
  except
    { The set-up, or a disk that cannot be written: what cannot be noted is not done. }
    on Error: Exception do
      WriteLn(Error.Message);
  end;
end.
