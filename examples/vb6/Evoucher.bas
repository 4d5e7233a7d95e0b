Attribute VB_Name = "Evoucher"
' Evoucher.bas - evoucher.dll (x86) for VB6 and VBA.
'
' Add this module to the project. The configuration's charset must be "gbk": VB6 hands strings over in the code page of
' Windows, which on Chinese Windows is GBK.
'
' Each call blocks until the centre has answered or time is out. See README.md for the flow with a timer.

Option Explicit

' <gen:codes>
Public Const EV_INVALID_ARGUMENT As Long = -10001
Public Const EV_INVALID_TEXT As Long = -10002
Public Const EV_INVALID_CONFIG As Long = -10003
Public Const EV_INVALID_CLIENT As Long = -10004
Public Const EV_INVALID_REQUEST As Long = -10005
Public Const EV_BUFFER_TOO_SMALL As Long = -10006
Public Const EV_UNKNOWN_SERVICE As Long = -10007
Public Const EV_DUPLICATE As Long = -10008
Public Const EV_CANCELLED As Long = -10009
Public Const EV_CONNECT As Long = -10020
Public Const EV_TLS As Long = -10021
Public Const EV_TIMEOUT As Long = -10022
Public Const EV_CONNECTION_LOST As Long = -10023
Public Const EV_HTTP_STATUS As Long = -10024
Public Const EV_BAD_REPLY As Long = -10025
Public Const EV_DECRYPT As Long = -10026
Public Const EV_BUSINESS As Long = -10027
Public Const EV_NOT_VERIFIED As Long = -10030
Public Const EV_NOT_ALLOWED As Long = -10031
Public Const EV_CANNOT_PAY As Long = -10032
Public Const EV_INTERNAL As Long = -10099
' </gen:codes>

' The names and arguments of evoucher.h, which "cargo xtask gen" makes them from.
' <gen:functions>
Public Declare Function EvOpen Lib "evoucher.dll" (ByVal Config As String, ByRef Client As Long) As Long
Public Declare Function EvClose Lib "evoucher.dll" (ByVal Client As Long) As Long
Public Declare Function EvTokenPwdCheckNotc Lib "evoucher.dll" (ByVal Client As Long, ByVal Request As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvTokenPwdStas Lib "evoucher.dll" (ByVal Client As Long, ByVal Request As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvSignedQuery Lib "evoucher.dll" (ByVal Client As Long, ByVal Request As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvGenPayCert Lib "evoucher.dll" (ByVal Client As Long, ByVal Request As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvCall Lib "evoucher.dll" (ByVal Client As Long, ByVal Service As String, ByVal Request As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvTrans Lib "evoucher.dll" (ByVal Url As String, ByVal Request As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvVerifyPassword Lib "evoucher.dll" (ByVal Client As Long, ByVal Request As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvSettleGate Lib "evoucher.dll" (ByVal Client As Long, ByVal Request As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvOneCodePay Lib "evoucher.dll" (ByVal Client As Long, ByVal Request As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvOnProgress Lib "evoucher.dll" (ByVal Client As Long, ByVal Callback As Long, ByVal User As Long) As Long
Public Declare Function EvCancel Lib "evoucher.dll" (ByVal Client As Long, ByVal Token As String) As Long
Public Declare Function EvSeal Lib "evoucher.dll" (ByVal Client As Long, ByVal Text As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvUnseal Lib "evoucher.dll" (ByVal Client As Long, ByVal Text As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvCheck Lib "evoucher.dll" (ByVal Client As Long, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvExplain Lib "evoucher.dll" (ByVal Client As Long, ByVal Code As Long, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvDictionary Lib "evoucher.dll" (ByVal Client As Long, ByVal Name As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvField Lib "evoucher.dll" (ByVal Client As Long, ByVal Json As String, ByVal Path As String, ByVal Value As String, ByVal ValueSize As Long) As Long
Public Declare Function EvLastReply Lib "evoucher.dll" (ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvLastReplySize Lib "evoucher.dll" () As Long
Public Declare Function EvVersion Lib "evoucher.dll" (ByVal Reply As String, ByVal ReplySize As Long) As Long
' </gen:functions>

Private Const REPLY_SIZE As Long = 8192

' What one of the four services came to. Code 0 says only that the centre answered: act on NextStep.
Public Type EvReply
    Code As Long
    Message As String   ' for the operator's screen
    NextStep As String  ' settle, wait, get_certificate, charge, offline_check ...
    Json As String      ' the whole reply
End Type

' Opens a client: JSON text, or "@" and the path of a file. 0 means that it failed; Problem says why.
Public Function EvOpenClient(ByVal Config As String, ByRef Problem As String) As Long
    Dim Client As Long
    If EvOpen(Config, Client) = 0 Then
        EvOpenClient = Client
    Else
        Problem = EvUnescape(EvWaitingReply())
    End If
End Function

' One of the four services by its name: tokenPwdCheckNotc, tokenPwdStas, signedQuery, genPayCert.
Public Function EvAsk(ByVal Client As Long, ByVal Service As String, ByVal Request As String) As EvReply
    Dim Buffer As String
    Buffer = Space$(REPLY_SIZE)
    EvAsk.Code = EvCall(Client, Service, Request, Buffer, REPLY_SIZE)
    EvAsk.Json = EvBeforeNul(Buffer)
    ' The call is done even when the buffer was small: its reply waits, and nothing is sent again.
    If Len(EvAsk.Json) = 0 Then EvAsk.Json = EvWaitingReply()
    If EvAsk.Code = EV_BUFFER_TOO_SMALL Then EvAsk.Code = 0
    EvAsk.Message = EvValue(Client, EvAsk.Json, "message")
    EvAsk.NextStep = EvValue(Client, EvAsk.Json, "next")
End Function

' One field of a reply, such as "data.payCert"; "" when there is none.
Public Function EvValue(ByVal Client As Long, ByVal Json As String, ByVal Path As String) As String
    Dim Buffer As String
    Dim Size As Long
    ' No field is longer than the reply that it is in.
    Size = LenB(StrConv(Json, vbFromUnicode)) + 1
    Buffer = Space$(Size)
    If EvField(Client, Json, Path, Buffer, Size) = 0 Then EvValue = EvBeforeNul(Buffer)
End Function

' A JSON object for a request: EvJson("token", Token, "totalAmount", "12.30"). Empty values are left out.
Public Function EvJson(ParamArray NamesAndValues() As Variant) As String
    Dim I As Long
    For I = LBound(NamesAndValues) To UBound(NamesAndValues) - 1 Step 2
        If Len(NamesAndValues(I + 1)) > 0 Then
            If Len(EvJson) > 0 Then EvJson = EvJson & ","
            EvJson = EvJson & EvQuote(CStr(NamesAndValues(I))) & ":" & EvQuote(CStr(NamesAndValues(I + 1)))
        End If
    Next I
    EvJson = "{" & EvJson & "}"
End Function

Private Function EvQuote(ByVal Text As String) As String
    Dim I As Long
    Text = Replace(Replace(Text, "\", "\\"), """", "\""")
    For I = 0 To 31
        Text = Replace(Text, Chr$(I), "\u" & Right$("000" & Hex$(I), 4))
    Next I
    EvQuote = """" & Text & """"
End Function

Private Function EvWaitingReply() As String
    Dim Buffer As String
    Dim Size As Long
    Size = EvLastReplySize()
    If Size > 0 Then
        Buffer = Space$(Size)
        If EvLastReply(Buffer, Size) = 0 Then EvWaitingReply = EvBeforeNul(Buffer)
    End If
End Function

Private Function EvBeforeNul(ByVal Buffer As String) As String
    Dim Size As Long
    Size = InStr(Buffer, vbNullChar)
    If Size > 0 Then EvBeforeNul = Left$(Buffer, Size - 1)
End Function

' Without a client there is no charset: the reply is ASCII, and the operator wants to read it.
Private Function EvUnescape(ByVal Json As String) As String
    Dim I As Long
    I = InStr(Json, "\u")
    Do While I > 0
        Json = Left$(Json, I - 1) & ChrW$(CLng("&H" & Mid$(Json, I + 2, 4))) & Mid$(Json, I + 6)
        I = InStr(I + 1, Json, "\u")
    Loop
    EvUnescape = Json
End Function
