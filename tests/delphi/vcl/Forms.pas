unit Forms;

{$IFDEF FPC}
  {$IFNDEF UNICODE}{$MODE DELPHI}{$ENDIF}
{$ENDIF}
{$H+}

interface

uses
  Classes;

type
  TCloseQueryEvent = procedure(Sender: TObject; var CanClose: Boolean) of object;

  TForm = class(TComponent)
  public
    OnCloseQuery: TCloseQueryEvent;
    IsClosed: Boolean;
    procedure Close;
  end;

implementation

procedure TForm.Close;
var
  CanClose: Boolean;
begin
  CanClose := True;
  OnCloseQuery(Self, CanClose);
  IsClosed := IsClosed or CanClose;
end;

end.
