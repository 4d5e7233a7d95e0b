unit ExtCtrls;

{$IFDEF FPC}
  {$IFNDEF UNICODE}{$MODE DELPHI}{$ENDIF}
{$ENDIF}
{$H+}

interface

uses
  Classes;

type
  TTimer = class(TComponent)
  end;

implementation

end.
