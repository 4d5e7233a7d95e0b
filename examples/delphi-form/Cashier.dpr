program Cashier;

{ The window's program. HisBooks of examples/delphi stands for your database and your payment channel. }

{$IFDEF FPC}
  {$IFNDEF UNICODE}{$MODE DELPHI}{$ENDIF}
{$ENDIF}

uses
  {$IFDEF FPC}Interfaces,{$ENDIF} Forms, SysUtils, Classes, Dialogs, Evoucher, Payments, HisBooks, CashierWork, CashierForm;

type
  { Your program. }
  THis = class
    procedure Settle(Sender: TObject; const Token: string; var IsMade: Boolean);
  end;

{ Makes the settlement, in your database and once for a bill, and says whether it was made. }
procedure THis.Settle(Sender: TObject; const Token: string; var IsMade: Boolean);
begin
  IsMade := True;
end;

var
  Window: TCashier;
  His: THis;
  I: Integer;
  Bills: THisBooks;
  Left: TStringList;
  Centre: TEvoucher;
begin
  Application.Initialize;
  { One client for the whole program, opened when it starts. }
  try
    Centre := TEvoucher.Create('@' + ExtractFilePath(ParamStr(0)) + 'evoucher.json');
  except
    on Error: EEvoucher do
    begin
      ShowMessage(Error.Message);
      Exit;
    end;
  end;
  Bills := THisBooks.Create('127.0.0.1:18080', ExtractFilePath(ParamStr(0)) + 'bills.txt');
  { What an earlier run left open comes first: until it is known, nobody may be charged for it. }
  Left := Bills.Open;
  for I := 0 to Left.Count - 1 do
    ClearUpBill(Centre, Bills, Left[I], Bills.Amount(Left[I]));
  Left.Free;
  Application.CreateForm(TCashier, Window);
  Window.Centre := Centre;
  Window.Books := Bills;
  His := THis.Create;
  Window.OnSettle := His.Settle;
  Application.Run;
  { Before the client that its work is done with. }
  Window.Free;
  His.Free;
  Centre.Free;
  Bills.Free;
end.
