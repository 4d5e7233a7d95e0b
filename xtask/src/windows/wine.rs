//! Running Windows programs: Debian's 64-bit Wine for x64, and Wine in a 32-bit Debian of its own
//! for x86.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::arch::Arch;
use crate::install;
use crate::place;
use crate::sh::{Result, copy, fresh_dir, make_dir, run, write};

/// How long one program may take. Nothing takes a tenth of it; a program that hangs must end as a
/// failure.
const SECONDS: &str = "300";

/// Wine, ready to run programs of one architecture.
pub(crate) struct Wine {
    arch: Arch,
    /// The 32-bit Debian that an x86 Wine lives in.
    root: Option<PathBuf>,
    prefix: PathBuf,
    cache: PathBuf,
}

impl Wine {
    /// Gets Wine ready: the first time this takes minutes for x86, later nothing.
    pub(crate) fn new(arch: Arch) -> Result<Self> {
        let wine = Self {
            arch,
            root: match arch {
                Arch::X86 => Some(debian_32()?),
                Arch::X64 => None,
            },
            prefix: place::target().join(format!("wine-{arch}")),
            cache: place::cache()?,
        };
        if !wine.prefix.join("system.reg").exists() {
            make_dir(&place::target())?;
            fresh_dir(&wine.prefix)?;
            run(wine.command("wineboot", &place::target()).arg("--init"))?;
            // The registry is written when the last process ends; programs may follow only then.
            run(wine.tool("wineserver", &place::target()).arg("--wait"))?;
        }
        wine.fonts()?;
        Ok(wine)
    }

    /// The font that windows are written in, and the Chinese letters that it has not. Neither Wine finds
    /// those of the system by itself.
    fn fonts(&self) -> Result {
        let folder = self.prefix.join("drive_c/windows/Fonts");
        if folder.join("tahoma.ttf").exists() {
            return Ok(());
        }
        make_dir(&folder)?;
        run(self.command("reg", &place::target()).args([
            "add",
            r"HKLM\Software\Microsoft\Windows NT\CurrentVersion\FontLink\SystemLink",
            "/f",
            "/v",
            "Tahoma",
            "/t",
            "REG_MULTI_SZ",
            "/d",
            "wqy-microhei.ttc,WenQuanYi Micro Hei",
        ]))?;
        // Fonts are looked for when the first process starts.
        run(self.tool("wineserver", &place::target()).arg("--wait"))?;
        for font in [
            "/usr/share/fonts/truetype/wqy/wqy-microhei.ttc",
            "/usr/share/wine/fonts/tahoma.ttf",
        ] {
            let font = Path::new(font);
            copy(font, &folder.join(font.file_name().unwrap_or_default()))?;
        }
        Ok(())
    }

    /// A command that runs a Windows program in a directory. Paths are the same inside and outside;
    /// for the program they are on drive Z.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>, directory: &Path) -> Command {
        let mut command = self.tool("wine", directory);
        command.arg(program);
        command
    }

    fn tool(&self, tool: &str, directory: &Path) -> Command {
        let mut command = match &self.root {
            None => {
                let mut command = Command::new("timeout");
                command.args(["--kill-after=5", SECONDS, tool]);
                command.current_dir(directory);
                command
            }
            Some(root) => {
                let mut command = Command::new("timeout");
                command.args(["--kill-after=5", SECONDS]);
                // Mounts of a namespace of its own: they vanish with the program, and nobody else
                // sees them.
                command.args(["unshare", "--mount", "--propagation", "private"]);
                command.args(["sh", "-e", "-c", ENTER_DEBIAN_32, "sh"]);
                command
                    .arg(root)
                    .arg(place::repository())
                    .arg(&self.cache)
                    .arg(directory)
                    .arg(tool);
                command
            }
        };
        command
            .env("WINEPREFIX", &self.prefix)
            .env("WINEDEBUG", "-all")
            .env(
                "WINEARCH",
                if self.root.is_some() {
                    "win32"
                } else {
                    "win64"
                },
            )
            .env("LC_ALL", "C.UTF-8")
            .env_remove("DISPLAY");
        command
    }

    pub(crate) fn arch(&self) -> Arch {
        self.arch
    }
}

/// Arguments: the 32-bit Debian, the two directories that programs and their data are in, the
/// directory to start in, and the command.
const ENTER_DEBIAN_32: &str = r#"
root=$1; repository=$2; cache=$3; directory=$4; shift 4
mount -t proc proc "$root/proc"
mount --rbind /dev "$root/dev"
mkdir -p "$root$repository" "$root$cache"
mount --bind "$repository" "$root$repository"
mount --bind "$cache" "$root$cache"
exec chroot "$root" sh -e -c 'cd "$1"; shift; exec "$@"' sh "$directory" "$@"
"#;

/// A 32-bit Debian with Wine. `wine32:i386` beside an amd64 system would do only while both
/// architectures' indexes are at the same state, which they often are not.
fn debian_32() -> Result<PathBuf> {
    if !install::is_root()? {
        return Err(
            "32-bit Wine lives in a Debian of its own, which only root can make and enter".into(),
        );
    }
    place::cached("debian-12-i386-wine", |dir| {
        run(Command::new("debootstrap")
            .args([
                "--arch=i386",
                "--variant=minbase",
                "--include=wine32,wine",
                "bookworm",
            ])
            .arg(dir))?;
        // The address of the simulated centre's certificate; debootstrap leaves it unknown.
        write(&dir.join("etc/hosts"), "127.0.0.1 localhost\n")
    })
}
