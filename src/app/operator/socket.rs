//! The socket file through which commands reach a running server.
//!
//! Anyone who can open it can do everything, so only the owner of the data folder can. It is created
//! by the process that holds the lock of the store, so an existing socket is left over from a server
//! that has ended.

use std::fs::{self, File, Permissions};
use std::io;
use std::os::fd::AsRawFd;
use std::os::unix::fs::{FileTypeExt, PermissionsExt};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};

use socket2::{Domain, SockAddr, Type};
use tokio::net::{UnixListener, UnixStream};

const NAME: &str = "gatepost.sock";
const MODE: u32 = 0o600;
/// Connections that may wait in the kernel while all seats are taken.
const BACKLOG: i32 = 64;
/// The longest path of a socket: 103 bytes and a NUL on some systems, 107 on Linux.
const MAX_PATH_BYTES: usize = 103;

/// The path of the socket of a data folder.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

/// A bound socket. Dropping it removes the file.
pub(in crate::app) struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Binds the socket of a data folder whose store this process has locked. Needs a tokio runtime.
    /// Pages and email work without a socket, so an error is only logged.
    pub(in crate::app) fn bind(folder: &Path) -> Option<Self> {
        let path = path(folder);
        let bound = clear(&path).and_then(|()| by_short_path(folder, |short| listen(short, &path)));
        match bound {
            Ok(listener) => Some(Self { listener, path }),
            Err(error) => {
                tracing::warn!(%error, "{}: commands cannot reach this server", path.display());
                None
            }
        }
    }

    pub(super) async fn accept(&self) -> io::Result<UnixStream> {
        Ok(self.listener.accept().await?.0)
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.path);
    }
}

/// Connects to the server that runs with a data folder. Needs a tokio runtime.
pub(super) fn connect(folder: &Path) -> io::Result<UnixStream> {
    let stream = by_short_path(folder, |path| StdUnixStream::connect(path))?;
    stream.set_nonblocking(true)?;
    UnixStream::from_std(stream)
}

/// Whether a server runs with a data folder.
pub(in crate::app) fn is_served(folder: &Path) -> bool {
    by_short_path(folder, |path| StdUnixStream::connect(path)).is_ok()
}

/// Removes the socket of a server that was killed, and nothing else.
fn clear(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(file) if file.file_type().is_socket() => fs::remove_file(path),
        Ok(_) => Err(io::Error::other("this file is not a socket, so it is not replaced")),
        Err(_) => Ok(()),
    }
}

fn listen(short: &Path, path: &Path) -> io::Result<UnixListener> {
    let socket = socket2::Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(short)?)?;
    // Set before listening: others could open the file right after it was bound, but nothing can
    // connect to a socket that does not listen yet.
    fs::set_permissions(path, Permissions::from_mode(MODE))?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    UnixListener::from_std(socket.into())
}

/// Uses the socket through a path that is short enough for a socket address. If its own path is too
/// long, a path through a descriptor of the data folder is used, where the system supports that.
fn by_short_path<T>(folder: &Path, act: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    let path = path(folder);
    if path.as_os_str().len() <= MAX_PATH_BYTES {
        return act(&path);
    }
    let folder = File::open(folder)?;
    act(Path::new(&format!("/proc/self/fd/{}/{NAME}", folder.as_raw_fd())))
}
