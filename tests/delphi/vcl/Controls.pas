unit Controls;

{ What CashierForm.pas needs of Delphi's VCL; the units beside this one have the rest. }

{$IFDEF FPC}
  {$IFNDEF UNICODE}{$MODE DELPHI}{$ENDIF}
{$ENDIF}
{$H+}

interface

implementation

end.
