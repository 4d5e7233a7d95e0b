//! Every function a second time, as `Ev...`: `__stdcall` on 32-bit Windows, undecorated, for
//! PowerBuilder and VB6, which can call nothing else; elsewhere the same as the first set.
//!
//! The header's prototypes of these are made from those of the first set (build.rs), and a test
//! holds both lists against each other.

use super::guard;
use super::progress::Function;
use std::ffi::{c_char, c_void};

macro_rules! stdcall {
    ($($export:ident = $function:ident($($argument:ident: $type:ty),*);)*) => {$(
        #[doc = concat!("`", stringify!($function), "` in the other calling convention.")]
        #[unsafe(no_mangle)]
        pub unsafe extern "system" fn $export($($argument: $type),*) -> i32 {
            // SAFETY: the same contract.
            unsafe { super::$function($($argument),*) }
        }
    )*};
}

stdcall! {
    EvOpen = ev_open(config: *const c_char, client: *mut i32);
    EvClose = ev_close(client: i32);
    EvTokenPwdCheckNotc = ev_token_pwd_check_notc(client: i32, request: *const c_char, reply: *mut c_char, reply_size: i32);
    EvTokenPwdStas = ev_token_pwd_stas(client: i32, request: *const c_char, reply: *mut c_char, reply_size: i32);
    EvSignedQuery = ev_signed_query(client: i32, request: *const c_char, reply: *mut c_char, reply_size: i32);
    EvGenPayCert = ev_gen_pay_cert(client: i32, request: *const c_char, reply: *mut c_char, reply_size: i32);
    EvCall = ev_call(client: i32, service: *const c_char, request: *const c_char, reply: *mut c_char, reply_size: i32);
    EvTrans = ev_trans(url: *const c_char, request: *const c_char, reply: *mut c_char, reply_size: i32);
    EvVerifyPassword = ev_verify_password(client: i32, request: *const c_char, reply: *mut c_char, reply_size: i32);
    EvSettleGate = ev_settle_gate(client: i32, request: *const c_char, reply: *mut c_char, reply_size: i32);
    EvOneCodePay = ev_one_code_pay(client: i32, request: *const c_char, reply: *mut c_char, reply_size: i32);
    EvCancel = ev_cancel(client: i32, token: *const c_char);
    EvSeal = ev_seal(client: i32, text: *const c_char, reply: *mut c_char, reply_size: i32);
    EvUnseal = ev_unseal(client: i32, text: *const c_char, reply: *mut c_char, reply_size: i32);
    EvCheck = ev_check(client: i32, reply: *mut c_char, reply_size: i32);
    EvExplain = ev_explain(client: i32, code: i32, reply: *mut c_char, reply_size: i32);
    EvDictionary = ev_dictionary(client: i32, name: *const c_char, reply: *mut c_char, reply_size: i32);
    EvField = ev_field(client: i32, json: *const c_char, path: *const c_char, value: *mut c_char, value_size: i32);
    EvLastReply = ev_last_reply(reply: *mut c_char, reply_size: i32);
    EvLastReplySize = ev_last_reply_size();
    EvVersion = ev_version(reply: *mut c_char, reply_size: i32);
}

/// `ev_on_progress` for a function in the other calling convention.
#[unsafe(no_mangle)]
pub unsafe extern "system" fn EvOnProgress(
    client: i32,
    function: Option<unsafe extern "system" fn(*mut c_void, *const c_char) -> i32>,
    user: *mut c_void,
) -> i32 {
    guard::reply(None, || {
        super::on_progress(client, function.map(Function::Stdcall), user)
    })
}
