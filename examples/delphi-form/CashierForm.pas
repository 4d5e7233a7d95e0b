unit CashierForm;

{ A cashier's window to copy: the online password check with a countdown and cancel, the settlement behind the gate, one-code
  pay that charges once, and a window that closes at the right moment. What it asks for is CashierWork.pas, on threads of
  its own; nothing here waits. Its captions are in CashierForm.dfm. }

{$IFDEF FPC}
  {$IFNDEF UNICODE}{$MODE DELPHI}{$ENDIF}
{$ENDIF}
{$H+}

interface

uses
  SysUtils, Classes, Controls, Forms, StdCtrls, ExtCtrls, Evoucher, Payments, CashierWork;

type
  { Makes the insurance settlement of the patient with this token, and says whether it was made. }
  TSettleEvent = procedure(Sender: TObject; const Token: string; var IsMade: Boolean) of object;

  TCashier = class(TForm)
    TokenEdit: TEdit;
    TotalEdit: TEdit;
    SerialEdit: TEdit;
    AmountEdit: TEdit;
    CheckButton: TButton;
    CancelButton: TButton;
    OfflineBox: TCheckBox;
    SettleButton: TButton;
    PayButton: TButton;
    ConfirmButton: TButton;
    CountdownLabel: TLabel;
    HintLabel: TLabel;
    DetailsLabel: TLabel;
    Timer: TTimer;
    procedure TokenEditChange(Sender: TObject);
    procedure TokenEditKeyPress(Sender: TObject; var Key: Char);
    procedure CheckButtonClick(Sender: TObject);
    procedure CancelButtonClick(Sender: TObject);
    procedure SettleButtonClick(Sender: TObject);
    procedure PayButtonClick(Sender: TObject);
    procedure ConfirmButtonClick(Sender: TObject);
    procedure TimerTimer(Sender: TObject);
    procedure FormCloseQuery(Sender: TObject; var CanClose: Boolean);
    procedure FormDestroy(Sender: TObject);
  private
    FWork: TCashierWork;
    FCloses: Boolean;
    FIsSettling: Boolean;
    FSettledToken: string;
    FOnSettle: TSettleEvent;
    procedure Settle;
    procedure Say(const Hint, Details: string);
    function HasToken: Boolean;
    procedure Start(Work: TCashierWork);
    procedure Ended(Sender: TObject);
    procedure Enable;
    procedure Pay(ConfirmOnly: Boolean);
  public
    { The program's one client, its bills and its channel. }
    Centre: TEvoucher;
    Books: TEvBooks;
    function IsBusy: Boolean;
    { Where the insurance settlement is made, once for a patient: put yours here. }
    property OnSettle: TSettleEvent read FOnSettle write FOnSettle;
  end;

implementation

{$R *.dfm}

{ Another code is another patient: nothing of the one before counts. }
procedure TCashier.TokenEditChange(Sender: TObject);
begin
  OfflineBox.Checked := False;
  TotalEdit.Text := '';
  SerialEdit.Text := '';
  AmountEdit.Text := '';
  Say('', '');
  Enable;
end;

{ A scanner ends with Enter. }
procedure TCashier.TokenEditKeyPress(Sender: TObject; var Key: Char);
begin
  if Key = #13 then
  begin
    Key := #0;
    CheckButtonClick(Sender);
  end;
end;

procedure TCashier.Say(const Hint, Details: string);
begin
  HintLabel.Caption := Hint;
  DetailsLabel.Caption := Details;
end;

function TCashier.HasToken: Boolean;
begin
  Result := Trim(TokenEdit.Text) <> '';
  if not Result then
    Say(string(SCAN_FIRST), '');
end;

{ Pressed again for the same patient it sends the notice again, which is what "resend" asks for. }
procedure TCashier.CheckButtonClick(Sender: TObject);
var
  Total: string;
begin
  if IsBusy or not HasToken then
    Exit;
  Total := Trim(TotalEdit.Text);
  if Total <> '' then
  begin
    Total := TidyAmount(Total);
    if Total = '' then
    begin
      Say(string(NO_AMOUNT), TotalEdit.Text);
      Exit;
    end;
  end;
  Start(TCheckWork.Create(Centre, TokenEdit.Text, Total, Ended));
end;

procedure TCashier.CancelButtonClick(Sender: TObject);
begin
  if FWork <> nil then
    FWork.Cancel;
end;

{ At the moment of the settlement the centre is asked once more: what the screen says decides nothing. }
procedure TCashier.SettleButtonClick(Sender: TObject);
begin
  if not HasToken then
    Exit;
  Start(TGateWork.Create(Centre, TokenEdit.Text, OfflineBox.Checked, Ended));
end;

procedure TCashier.PayButtonClick(Sender: TObject);
begin
  Pay(False);
end;

{ What an earlier try, or an earlier run of the program, has left open. }
procedure TCashier.ConfirmButtonClick(Sender: TObject);
begin
  Pay(True);
end;

procedure TCashier.Pay(ConfirmOnly: Boolean);
var
  Serial, Amount, State: string;
begin
  Serial := Trim(SerialEdit.Text);
  Amount := TidyAmount(AmountEdit.Text);
  if Serial = '' then
  begin
    Say(string(NO_SERIAL), '');
    Exit;
  end;
  State := Books.State(Serial);
  if ConfirmOnly then
  begin
    if (State <> 'asking') and (State <> 'charging') then
    begin
      { Nothing is asked, and nothing follows from that. }
      Say(string(NOTHING_OPEN), '');
      Exit;
    end;
  end
  else if not HasToken then
    Exit;
  if Amount = '' then
  begin
    Say(string(NO_AMOUNT), AmountEdit.Text);
    Exit;
  end;
  { Another amount is another bill. }
  if not Books.Add(Serial, Amount) then
  begin
    Say(OtherAmountHint(Serial), '');
    Exit;
  end;
  Start(TPayWork.Create(Centre, Books, Serial, Amount, State, TokenEdit.Text, ConfirmOnly, Ended));
end;

{ One thing at a time. Whoever made this one may have ended before this line: Ended comes by the message loop, later. }
procedure TCashier.Start(Work: TCashierWork);
begin
  FreeAndNil(FWork);
  FWork := Work;
  Say(string(WORKING), '');
  Enable;
end;

{ The thread's OnTerminate, on the form's thread. It is freed when the next one starts, and not in its own event. }
procedure TCashier.Ended(Sender: TObject);
begin
  if Sender <> FWork then
    Exit;
  Say(FWork.Hint, FWork.Details);
  Enable;
  if (FWork is TGateWork) and FWork.Reply.Settles and Assigned(FOnSettle) then
    Settle;
  { For the next scan. }
  if TokenEdit.CanFocus then
  begin
    TokenEdit.SetFocus;
    TokenEdit.SelectAll;
  end;
  if FCloses then
    Close;
end;

{ What yours shows lets messages in: until it has come back nothing else begins. }
procedure TCashier.Settle;
var
  IsMade: Boolean;
begin
  IsMade := False;
  FIsSettling := True;
  Say(string(WORKING), '');
  Enable;
  try
    FOnSettle(Self, TokenEdit.Text, IsMade);
    if IsMade then
    begin
      FSettledToken := TokenEdit.Text;
      Say(string(SETTLEMENT_MADE), '');
    end
    else
      Say(string(SETTLEMENT_NOT_MADE), '');
  except
    on Error: Exception do
      Say(string(SETTLEMENT_UNKNOWN), Error.Message);
  end;
  FIsSettling := False;
  Enable;
end;

procedure TCashier.TimerTimer(Sender: TObject);
begin
  if (FWork <> nil) and (FWork.Remaining >= 0) then
    CountdownLabel.Caption := WaitingHint(FWork.Remaining)
  else
    CountdownLabel.Caption := '';
end;

function TCashier.IsBusy: Boolean;
begin
  Result := FIsSettling or (FWork <> nil) and not FWork.HasEnded;
end;

procedure TCashier.Enable;
begin
  TokenEdit.Enabled := not IsBusy;
  TotalEdit.Enabled := not IsBusy;
  SerialEdit.Enabled := not IsBusy;
  AmountEdit.Enabled := not IsBusy;
  CheckButton.Enabled := not IsBusy;
  OfflineBox.Enabled := not IsBusy;
  SettleButton.Enabled := not IsBusy and ((FSettledToken = '') or (TokenEdit.Text <> FSettledToken));
  PayButton.Enabled := not IsBusy;
  ConfirmButton.Enabled := not IsBusy;
  CancelButton.Enabled := IsBusy and not FIsSettling and FWork.CanCancel;
end;

{ Cancel, wait for the call, then go: a reply may hold a certificate. While money is moved the window stays, since the cashier
  has to see what came of it. }
procedure TCashier.FormCloseQuery(Sender: TObject; var CanClose: Boolean);
begin
  CanClose := not IsBusy;
  if CanClose then
    Exit;
  if FIsSettling or not FWork.CanCancel then
    Say(string(STAY), '')
  else
  begin
    FCloses := True;
    FWork.Cancel;
  end;
end;

procedure TCashier.FormDestroy(Sender: TObject);
begin
  FreeAndNil(FWork);
end;

end.
