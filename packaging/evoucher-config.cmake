# find_package(evoucher) makes the imported target evoucher::evoucher: the library with its headers.
#
# This file is at lib/cmake/evoucher/ in the unpacked archive, which may lie anywhere: put its folder into
# CMAKE_PREFIX_PATH. CMake 3.5 and later.

if(TARGET evoucher::evoucher)
  return()
endif()

get_filename_component(_evoucher_root "${CMAKE_CURRENT_LIST_DIR}/../../.." ABSOLUTE)

# The program's pointers say which DLL, not the machine's.
if(NOT CMAKE_SIZEOF_VOID_P)
  set(_evoucher_missing "enable C or CXX before find_package(evoucher)")
elseif(WIN32)
  if(CMAKE_SIZEOF_VOID_P EQUAL 8)
    set(_evoucher_libraries "${_evoucher_root}/x64")
  else()
    set(_evoucher_libraries "${_evoucher_root}/x86")
  endif()
  set(_evoucher_library "${_evoucher_libraries}/evoucher.dll")
  if(MINGW)
    set(_evoucher_import_library "${_evoucher_libraries}/libevoucher.dll.a")
  else()
    set(_evoucher_import_library "${_evoucher_libraries}/evoucher.lib")
  endif()
elseif(CMAKE_SYSTEM_NAME STREQUAL "Linux"
       AND CMAKE_SIZEOF_VOID_P EQUAL 8
       AND CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|amd64|AMD64)$")
  set(_evoucher_library "${_evoucher_root}/lib/libevoucher.so")
else()
  set(_evoucher_missing
      "there is no evoucher for ${CMAKE_SYSTEM_NAME} ${CMAKE_SYSTEM_PROCESSOR}, only for Linux x86_64 and Windows")
endif()

if(NOT _evoucher_missing AND NOT EXISTS "${_evoucher_library}")
  set(_evoucher_missing "no ${_evoucher_library}: this is the archive of another system, or a part of one")
endif()

if(_evoucher_missing)
  set(evoucher_FOUND FALSE)
  set(evoucher_NOT_FOUND_MESSAGE "${_evoucher_missing}")
else()
  add_library(evoucher::evoucher SHARED IMPORTED)
  set_target_properties(evoucher::evoucher PROPERTIES
    INTERFACE_INCLUDE_DIRECTORIES "${_evoucher_root}/include"
    IMPORTED_LOCATION "${_evoucher_library}")
  if(WIN32)
    set_target_properties(evoucher::evoucher PROPERTIES IMPORTED_IMPLIB "${_evoucher_import_library}")
  else()
    # Else the program would look for it where it was linked, and nowhere else.
    set_target_properties(evoucher::evoucher PROPERTIES IMPORTED_NO_SONAME TRUE)
  endif()
endif()

unset(_evoucher_root)
unset(_evoucher_libraries)
unset(_evoucher_library)
unset(_evoucher_import_library)
unset(_evoucher_missing)
