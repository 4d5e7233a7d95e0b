unit StdCtrls;

{$IFDEF FPC}
  {$IFNDEF UNICODE}{$MODE DELPHI}{$ENDIF}
{$ENDIF}
{$H+}

interface

uses
  Classes;

type
  TEdit = class(TComponent)
  public
    Text: string;
    Enabled: Boolean;
  end;

  TLabel = class(TComponent)
  public
    Caption: string;
  end;

  TCheckBox = class(TComponent)
  public
    Checked: Boolean;
  end;

  TButton = class(TComponent)
  public
    Enabled: Boolean;
    OnClick: TNotifyEvent;
    { As a mouse does it. }
    function Click: Boolean;
  end;

implementation

function TButton.Click: Boolean;
begin
  Result := Enabled;
  if Enabled then
    OnClick(Self);
end;

end.
