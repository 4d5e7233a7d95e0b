unit Fakes;

{ What a form of the guides needs of Delphi's VCL, and a hand on when threads start. }

{$IFDEF FPC}
  {$IFNDEF UNICODE}{$MODE DELPHI}{$ENDIF}
{$ENDIF}
{$H+}

interface

uses
  SysUtils, Classes;

type
  TForm = class(TComponent)
  end;

  TEdit = class(TComponent)
  public
    Text: string;
  end;

  TLabel = class(TComponent)
  public
    Caption: string;
  end;

  TButton = class(TComponent)
  public
    Enabled: Boolean;
    OnClick: TNotifyEvent;
    constructor Create(AOwner: TComponent); override;
    { As a mouse does it. What a handler raises is shown. }
    procedure Click;
  end;

var
  { The last text in a box of its own, and how many there were. }
  Shown: string;
  Boxes: Integer;
  { While it is true no thread gets to its first line. }
  Held: Boolean;

procedure ShowMessage(const Text: string);

implementation

procedure ShowMessage(const Text: string);
begin
  Shown := Text;
  Inc(Boxes);
end;

constructor TButton.Create(AOwner: TComponent);
begin
  inherited Create(AOwner);
  Enabled := True;
end;

procedure TButton.Click;
begin
  if not Enabled then
    Exit;
  try
    OnClick(Self);
  except
    on Error: Exception do
      ShowMessage(Error.Message);
  end;
end;

type
  PStart = ^TStart;
  TStart = record
    Func: TThreadFunc;
    Argument: Pointer;
  end;

var
  Original, Holding: TThreadManager;

function WaitAndRun(Start: Pointer): PtrInt;
var
  Func: TThreadFunc;
  Argument: Pointer;
begin
  Func := PStart(Start)^.Func;
  Argument := PStart(Start)^.Argument;
  Dispose(PStart(Start));
  while Held do
    Sleep(1);
  Result := Func(Argument);
end;

function BeginHeld(Security: Pointer; StackSize: PtrUInt; Func: TThreadFunc; Argument: Pointer; Flags: DWord;
  var Id: TThreadID): TThreadID;
var
  Start: PStart;
begin
  New(Start);
  Start^.Func := Func;
  Start^.Argument := Argument;
  Result := Original.BeginThread(Security, StackSize, WaitAndRun, Start, Flags, Id);
end;

initialization
  GetThreadManager(Original);
  Holding := Original;
  Holding.BeginThread := BeginHeld;
  SetThreadManager(Holding);
end.
