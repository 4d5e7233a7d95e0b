/* Loads the DLL and nothing else: what it does while it is loaded is read from Wine's trace of this program. */

#include <stdio.h>
#include <windows.h>

int main(void)
{
    HMODULE dll = LoadLibraryA("evoucher.dll");
    int loaded = dll != NULL;
    printf(loaded && FreeLibrary(dll) ? "loaded\n" : "not loaded\n");
    return !loaded;
}
