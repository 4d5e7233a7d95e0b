object Cashier: TCashier
  Left = 200
  Top = 150
  BorderStyle = bsSingle
  Caption = #25910#36153#31383#21475
  ClientHeight = 330
  ClientWidth = 572
  OnCloseQuery = FormCloseQuery
  OnDestroy = FormDestroy
  PixelsPerInch = 96
  TextHeight = 13
  object TokenLabel: TLabel
    Left = 16
    Top = 20
    Width = 60
    Height = 21
    Caption = #21307#20445#30721
  end
  object TokenEdit: TEdit
    Left = 80
    Top = 16
    Width = 330
    Height = 21
    OnChange = TokenEditChange
    OnKeyPress = TokenEditKeyPress
  end
  object TotalLabel: TLabel
    Left = 16
    Top = 56
    Width = 60
    Height = 21
    Caption = #24635#39069
  end
  object TotalEdit: TEdit
    Left = 80
    Top = 52
    Width = 120
    Height = 21
  end
  object SerialLabel: TLabel
    Left = 16
    Top = 92
    Width = 60
    Height = 21
    Caption = #27969#27700#21495
  end
  object SerialEdit: TEdit
    Left = 80
    Top = 88
    Width = 200
    Height = 21
  end
  object AmountLabel: TLabel
    Left = 16
    Top = 128
    Width = 60
    Height = 21
    Caption = #24212#20184
  end
  object AmountEdit: TEdit
    Left = 80
    Top = 124
    Width = 120
    Height = 21
  end
  object CheckButton: TButton
    Left = 16
    Top = 164
    Width = 84
    Height = 32
    Caption = #32447#19978#26680#39564
    OnClick = CheckButtonClick
  end
  object CancelButton: TButton
    Left = 105
    Top = 164
    Width = 84
    Height = 32
    Caption = #21462#28040#31561#24453
    Enabled = False
    OnClick = CancelButtonClick
  end
  object OfflineBox: TCheckBox
    Left = 198
    Top = 168
    Width = 90
    Height = 21
    Caption = #32447#19979#24050#26680#39564
  end
  object SettleButton: TButton
    Left = 294
    Top = 164
    Width = 84
    Height = 32
    Caption = #21307#20445#32467#31639
    OnClick = SettleButtonClick
  end
  object PayButton: TButton
    Left = 383
    Top = 164
    Width = 84
    Height = 32
    Caption = #19968#30721#20184
    OnClick = PayButtonClick
  end
  object ConfirmButton: TButton
    Left = 472
    Top = 164
    Width = 84
    Height = 32
    Caption = #26680#23545#25187#27454
    OnClick = ConfirmButtonClick
  end
  object CountdownLabel: TLabel
    Left = 16
    Top = 206
    Width = 80
    Height = 21
    Caption = ''
  end
  object HintLabel: TLabel
    Left = 16
    Top = 228
    Width = 528
    Height = 44
    AutoSize = False
    WordWrap = True
    Caption = ''
  end
  object DetailsLabel: TLabel
    Left = 16
    Top = 280
    Width = 528
    Height = 44
    AutoSize = False
    WordWrap = True
    Caption = ''
  end
  object Timer: TTimer
    Interval = 250
    OnTimer = TimerTimer
    Left = 520
    Top = 16
  end
end
