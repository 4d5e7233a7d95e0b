Attribute VB_Name = "Evoucher"
' Evoucher.bas - evoucher.dll (x86) for VB6 and VBA.
'
' Add this module to the project. The configuration's charset must be "gbk": VB6 hands strings over in the code page of
' Windows, which on Chinese Windows is GBK.
'
' Each call blocks until the centre has answered or time is out. See README.md for the flow with a timer.
' One client for the whole program: EvStart in Sub Main, EvStop when the program ends.

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
Public Const EV_JOURNAL As Long = -10010
Public Const EV_ISSUED_BEFORE As Long = -10011
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

' The words of NextStep. One that is not among them means neither settle nor charge.
' <gen:next>
Public Const EV_NEXT_SETTLE As String = "settle"
Public Const EV_NEXT_WAIT As String = "wait"
Public Const EV_NEXT_RESEND As String = "resend"
Public Const EV_NEXT_OFFLINE_CHECK As String = "offline_check"
Public Const EV_NEXT_OTHER_APP As String = "other_app"
Public Const EV_NEXT_GET_CERTIFICATE As String = "get_certificate"
Public Const EV_NEXT_CHARGE As String = "charge"
Public Const EV_NEXT_RESCAN As String = "rescan"
Public Const EV_NEXT_CONFIRM_CHARGE As String = "confirm_charge"
Public Const EV_NEXT_ALREADY_PAID As String = "already_paid"
Public Const EV_NEXT_OTHER_PAYMENT As String = "other_payment"
Public Const EV_NEXT_RETRY_LATER As String = "retry_later"
Public Const EV_NEXT_RETRY As String = "retry"
Public Const EV_NEXT_FIX_REQUEST As String = "fix_request"
Public Const EV_NEXT_FIX_SETUP As String = "fix_setup"
Public Const EV_NEXT_ASK_CENTRE As String = "ask_centre"
' </gen:next>

' The names and arguments of evoucher.h, which "cargo xtask gen" makes them from.
' <gen:functions>
Public Declare Function EvOpen Lib "evoucher.dll" (ByVal Config As String, ByRef Client As Long) As Long
Public Declare Function EvClose Lib "evoucher.dll" (ByVal Client As Long) As Long
Public Declare Function EvTokenPwdCheckNotc Lib "evoucher.dll" (ByVal Client As Long, ByVal Request As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvTokenPwdStas Lib "evoucher.dll" (ByVal Client As Long, ByVal Request As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvSignedQuery Lib "evoucher.dll" (ByVal Client As Long, ByVal Request As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvGenPayCert Lib "evoucher.dll" (ByVal Client As Long, ByVal Request As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvReportCharge Lib "evoucher.dll" (ByVal Client As Long, ByVal Request As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvCall Lib "evoucher.dll" (ByVal Client As Long, ByVal Service As String, ByVal Request As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvTrans Lib "evoucher.dll" (ByVal Url As String, ByVal Request As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvVerifyPassword Lib "evoucher.dll" (ByVal Client As Long, ByVal Request As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvSettleGate Lib "evoucher.dll" (ByVal Client As Long, ByVal Request As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvOneCodePay Lib "evoucher.dll" (ByVal Client As Long, ByVal Request As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvOnProgress Lib "evoucher.dll" (ByVal Client As Long, ByVal Callback As Long, ByVal User As Long) As Long
Public Declare Function EvOnCall Lib "evoucher.dll" (ByVal Client As Long, ByVal Callback As Long, ByVal User As Long) As Long
Public Declare Function EvCancel Lib "evoucher.dll" (ByVal Client As Long, ByVal Token As String) As Long
Public Declare Function EvSeal Lib "evoucher.dll" (ByVal Client As Long, ByVal Text As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvUnseal Lib "evoucher.dll" (ByVal Client As Long, ByVal Text As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvCheck Lib "evoucher.dll" (ByVal Client As Long, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvExplain Lib "evoucher.dll" (ByVal Client As Long, ByVal Code As Long, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvDictionary Lib "evoucher.dll" (ByVal Client As Long, ByVal Name As String, ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvVersion Lib "evoucher.dll" (ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvField Lib "evoucher.dll" (ByVal Client As Long, ByVal Json As String, ByVal Path As String, ByVal Value As String, ByVal ValueSize As Long) As Long
Public Declare Function EvLastReply Lib "evoucher.dll" (ByVal Reply As String, ByVal ReplySize As Long) As Long
Public Declare Function EvLastReplySize Lib "evoucher.dll" () As Long
' </gen:functions>

Private Const REPLY_SIZE As Long = 8192

' What a call came to. Code 0 says only that the centre answered: act on NextStep.
Public Type EvReply
    Code As Long
    Hint As String      ' for the operator's screen: why, and what to do now
    Message As String   ' for the details: the centre's own words, or the library's
    NextStep As String  ' what to do now, one of EV_NEXT_...
    Json As String      ' the whole reply; "" when there is no client
End Type

' Why there is no client, for the operator's screen.
Public EvProblem As String

Private Handle As Long
Private IsOpen As Boolean

' Opens the one client of the program. Config is "@" and the whole path of the file. False: EvProblem says why not.
Public Function EvStart(ByVal Config As String) As Boolean
    On Error GoTo NoLibrary
    If Not IsOpen Then
        If EvOpen(Config, Handle) = 0 Then
            IsOpen = True
            EvProblem = ""
        Else
            EvProblem = EvUnescape(EvValue(EvWaitingReply(), "message"))
        End If
    End If
    EvStart = IsOpen
    Exit Function
NoLibrary:
    ' VB6 loads evoucher.dll at its first call: it was not found, or is the one for 64 bits.
    EvProblem = Err.Description
End Function

' Closes the client, when the program ends.
Public Sub EvStop()
    If IsOpen Then Call EvClose(Handle)
    IsOpen = False
End Sub

' One of the four services by its name: tokenPwdCheckNotc, tokenPwdStas, signedQuery, genPayCert.
Public Function EvAsk(ByVal Service As String, ByVal Request As String) As EvReply
    Dim Buffer As String
    Dim Code As Long
    If IsOpen Then
        Buffer = Space$(REPLY_SIZE)
        Code = EvCall(Handle, Service, Request, Buffer, REPLY_SIZE)
    End If
    EvAsk = EvAnswer(Code, Buffer)
End Function

' The one-function style of the national library, after EvStart. It goes by evoucher.json beside evoucher.dll. Url: "" for the
' address that is configured there. Request: {"transType":"tokenPwdStas","data":{...}}
Public Function EvTransReply(ByVal Url As String, ByVal Request As String) As EvReply
    Dim Buffer As String
    Dim Code As Long
    If IsOpen Then
        Buffer = Space$(REPLY_SIZE)
        Code = EvTrans(Url, Request, Buffer, REPLY_SIZE)
    End If
    EvTransReply = EvAnswer(Code, Buffer)
End Function

' May this settlement go on? Asked when it is about to be made, which it may only when NextStep is "settle".
' Credential: qrcode, card or terminal_face. Method: online, terminal or library. OfflineVerified: the terminal or the
' national library has checked the password.
Public Function EvGate(ByVal Credential As String, ByVal Method As String, ByVal Token As String, ByVal OfflineVerified As Boolean) As EvReply
    Dim Buffer As String
    Dim Code As Long
    Dim Request As String
    If IsOpen Then
        Request = EvJson("credential", Credential, "method", Method, "token", Token)
        If OfflineVerified Then Request = "{""offlineVerified"":true," & Mid$(Request, 2)
        Request = "{""settlement"":true," & Mid$(Request, 2)
        Buffer = Space$(REPLY_SIZE)
        Code = EvSettleGate(Handle, Request, Buffer, REPLY_SIZE)
    End If
    EvGate = EvAnswer(Code, Buffer)
End Function

' Tells the library what became of a charge, after each one, and for every bill that is open when the program starts.
' Outcome: "paid", "failed" (it was not charged, and never will be with this certificate) or "unknown". Sends nothing.
Public Function EvReport(ByVal SerialNumber As String, ByVal Amount As String, ByVal Outcome As String) As EvReply
    Dim Buffer As String
    Dim Code As Long
    Dim Request As String
    If IsOpen Then
        Request = EvJson("fixmedinsTrnsSn", SerialNumber, "ownPaySetlAmt", Amount, "outcome", Outcome)
        Buffer = Space$(REPLY_SIZE)
        Code = EvReportCharge(Handle, Request, Buffer, REPLY_SIZE)
    End If
    EvReport = EvAnswer(Code, Buffer)
End Function

' One field of a reply, such as "data.payCert"; "" when there is none.
Public Function EvValue(ByVal Json As String, ByVal Path As String) As String
    Dim Buffer As String
    Dim Client As Long
    Dim Size As Long
    ' -1: without a client, the reply of an EvOpen that failed.
    Client = -1
    If IsOpen Then Client = Handle
    ' No field is longer than the reply that it is in.
    Size = LenB(StrConv(Json, vbFromUnicode)) + 1
    Buffer = Space$(Size)
    If EvField(Client, Json, Path, Buffer, Size) = 0 Then EvValue = EvBeforeNul(Buffer)
End Function

' A few characters in Chinese for a label or a button; a word that is not known as it is.
Public Function EvNextLabel(ByVal NextStep As String) As String
    EvNextLabel = NextStep
    Select Case NextStep
        ' <gen:labels>
        Case EV_NEXT_SETTLE: EvNextLabel = ChrW$(&H7ED3) & ChrW$(&H7B97)
        Case EV_NEXT_WAIT: EvNextLabel = ChrW$(&H7B49) & ChrW$(&H5F85) & ChrW$(&H6838) & ChrW$(&H9A8C)
        Case EV_NEXT_RESEND: EvNextLabel = ChrW$(&H91CD) & ChrW$(&H53D1) & ChrW$(&H901A) & ChrW$(&H77E5)
        Case EV_NEXT_OFFLINE_CHECK: EvNextLabel = ChrW$(&H7EBF) & ChrW$(&H4E0B) & ChrW$(&H6838) & ChrW$(&H9A8C)
        Case EV_NEXT_OTHER_APP: EvNextLabel = ChrW$(&H6362) & ChrW$(&H5E94) & ChrW$(&H7528) & ChrW$(&H5C55) & ChrW$(&H7801)
        Case EV_NEXT_GET_CERTIFICATE: EvNextLabel = ChrW$(&H53D6) & ChrW$(&H4ED8) & ChrW$(&H6B3E) & ChrW$(&H51ED) & ChrW$(&H636E)
        Case EV_NEXT_CHARGE: EvNextLabel = ChrW$(&H6263) & ChrW$(&H6B3E)
        Case EV_NEXT_RESCAN: EvNextLabel = ChrW$(&H91CD) & ChrW$(&H65B0) & ChrW$(&H626B) & ChrW$(&H7801)
        Case EV_NEXT_CONFIRM_CHARGE: EvNextLabel = ChrW$(&H6838) & ChrW$(&H5BF9) & ChrW$(&H6263) & ChrW$(&H6B3E)
        Case EV_NEXT_ALREADY_PAID: EvNextLabel = ChrW$(&H5DF2) & ChrW$(&H4ED8) & ChrW$(&H6B3E)
        Case EV_NEXT_OTHER_PAYMENT: EvNextLabel = ChrW$(&H5176) & ChrW$(&H4ED6) & ChrW$(&H652F) & ChrW$(&H4ED8)
        Case EV_NEXT_RETRY_LATER: EvNextLabel = ChrW$(&H7A0D) & ChrW$(&H540E) & ChrW$(&H518D) & ChrW$(&H8BD5)
        Case EV_NEXT_RETRY: EvNextLabel = ChrW$(&H539F) & ChrW$(&H6837) & ChrW$(&H518D) & ChrW$(&H53D6)
        Case EV_NEXT_FIX_REQUEST: EvNextLabel = ChrW$(&H8054) & ChrW$(&H7CFB) & ChrW$(&H4FE1) & ChrW$(&H606F) & ChrW$(&H79D1)
        Case EV_NEXT_FIX_SETUP: EvNextLabel = ChrW$(&H8054) & ChrW$(&H7CFB) & ChrW$(&H4FE1) & ChrW$(&H606F) & ChrW$(&H79D1)
        Case EV_NEXT_ASK_CENTRE: EvNextLabel = ChrW$(&H54A8) & ChrW$(&H8BE2) & ChrW$(&H4E2D) & ChrW$(&H5FC3)
        ' </gen:labels>
    End Select
End Function

' A JSON object for a request: EvJson("token", Token, "totalAmount", "12.30"). Empty values are left out, but for a token:
' what read nothing is to be scanned again.
Public Function EvJson(ParamArray NamesAndValues() As Variant) As String
    Dim I As Long
    Dim Fields As String
    For I = LBound(NamesAndValues) To UBound(NamesAndValues) - 1 Step 2
        If Len(NamesAndValues(I + 1)) > 0 Or NamesAndValues(I) = "token" Then
            If Len(Fields) > 0 Then Fields = Fields & ","
            Fields = Fields & EvQuote(CStr(NamesAndValues(I))) & ":" & EvQuote(CStr(NamesAndValues(I + 1)))
        End If
    Next I
    EvJson = "{" & Fields & "}"
End Function

' What a call wrote, read. Without a client nothing was called, and EvProblem is what there is to say.
Private Function EvAnswer(ByVal Code As Long, ByVal Buffer As String) As EvReply
    Dim Reply As EvReply
    If IsOpen Then
        Reply.Code = Code
        Reply.Json = EvBeforeNul(Buffer)
        ' The call is done even when the buffer was small: its reply waits, and nothing is sent again.
        If Len(Reply.Json) = 0 Then Reply.Json = EvWaitingReply()
        If Reply.Code = EV_BUFFER_TOO_SMALL Then Reply.Code = 0
        Reply.Hint = EvValue(Reply.Json, "hint")
        Reply.Message = EvValue(Reply.Json, "message")
        Reply.NextStep = EvValue(Reply.Json, "next")
    Else
        Reply.Code = EV_INVALID_CLIENT
        Reply.Message = EvProblem
        If Len(Reply.Message) = 0 Then Reply.Message = "EvStart was not called"
        Reply.Hint = Reply.Message
        Reply.NextStep = EV_NEXT_FIX_SETUP
    End If
    EvAnswer = Reply
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

' Without a client there is no charset, so what is not ASCII comes as \uXXXX, and the operator wants to read it. A path
' may hold a "\u" as well (C:\users): only four hexadecimal digits make it a character.
Private Function EvUnescape(ByVal Text As String) As String
    Dim I As Long
    I = InStr(Text, "\u")
    Do While I > 0
        If Mid$(Text, I + 2, 4) Like "[0-9a-f][0-9a-f][0-9a-f][0-9a-f]" Then
            Text = Left$(Text, I - 1) & ChrW$(CLng("&H" & Mid$(Text, I + 2, 4))) & Mid$(Text, I + 6)
        End If
        I = InStr(I + 1, Text, "\u")
    Loop
    EvUnescape = Text
End Function
