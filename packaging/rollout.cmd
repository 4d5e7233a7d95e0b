@echo off
rem Installs or upgrades evoucher on one machine, with nobody looking on; what it does and why: docs\deployment.zh-CN.md
rem
rem     rollout.cmd \\server\evoucher C:\HIS D:\evoucher
rem
rem Run it as an administrator or SYSTEM. The first folder is the unpacked archive, with key.txt (the key) and evoucher.json put
rem into it; the second is the HIS program's; the third is this machine's own, for the journal and the log. A 64-bit HIS takes
rem x64 below. Exit code 0: done, and the self-test passed. Its lines are in the folder "results" of the first.
setlocal
set FROM=%~1
set HIS=%~2
set DATA=%~3
set TOOL="%FROM%\tool\evoucher-tool.exe"
if "%DATA%"=="" goto usage

rem The library before its configuration: an older one refuses fields that it does not know. A DLL in use cannot be written
rem over, but it can be renamed; the HIS takes the new one when it starts again.
set WHAT=evoucher.dll
if not exist "%HIS%\evoucher.dll" goto library
if exist "%HIS%\evoucher.dll.old" del /f /q "%HIS%\evoucher.dll.old"
if exist "%HIS%\evoucher.dll.old" goto failed
ren "%HIS%\evoucher.dll" evoucher.dll.old
if exist "%HIS%\evoucher.dll" goto failed
:library
copy /y "%FROM%\x86\evoucher.dll" "%HIS%\evoucher.dll" >nul
if not exist "%HIS%\evoucher.dll" goto failed

rem The key, in a form that no other machine can open.
set WHAT=key.txt
%TOOL% protect --machine --out "%HIS%\key.txt" < "%FROM%\key.txt"
if errorlevel 1 goto failed

rem A journal that is there stays as it is. Every cashier may write to both folders.
set WHAT=journal
%TOOL% journal init "%DATA%\journal" >nul
if errorlevel 1 goto failed
set WHAT=log
if not exist "%DATA%\log" mkdir "%DATA%\log"
icacls "%DATA%\log" /grant *S-1-5-32-545:(OI)(CI)M /Q >nul
if errorlevel 1 goto failed

set WHAT=evoucher.json
if exist "%HIS%\evoucher.json" copy /y "%HIS%\evoucher.json" "%HIS%\evoucher.json.old" >nul
copy /y "%FROM%\evoucher.json" "%HIS%\evoucher.json" >nul
if errorlevel 1 goto failed

set WHAT=check
if not exist "%FROM%\results" mkdir "%FROM%\results"
%TOOL% check "%HIS%\evoucher.json" > "%FROM%\results\%COMPUTERNAME%.txt"
if errorlevel 1 goto failed
exit /b 0

:failed
rem Nobody is left without a library.
if not exist "%HIS%\evoucher.dll" if exist "%HIS%\evoucher.dll.old" ren "%HIS%\evoucher.dll.old" evoucher.dll
echo %COMPUTERNAME%: failed at %WHAT%
exit /b 1

:usage
echo rollout.cmd FROM HIS DATA
exit /b 2
