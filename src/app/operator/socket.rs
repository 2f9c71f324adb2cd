//! The socket file by which commands reach the server that has the store.
//!
//! Who can open it can do everything, so nobody but the owner of the data folder can. It is made by
//! whoever holds the lock of the store: a socket that was there before is a dead server's.

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
/// Connections the kernel keeps for us while all seats are taken.
const BACKLOG: i32 = 64;
/// The longest path that can be bound: 103 bytes and a NUL on some systems, 107 on Linux.
const MAX_PATH_BYTES: usize = 103;

/// Where the socket of a data folder is.
pub(super) fn path(folder: &Path) -> PathBuf {
    folder.join(NAME)
}

/// A bound socket. The file goes with this value.
pub(in crate::app) struct Socket {
    listener: UnixListener,
    path: PathBuf,
}

impl Socket {
    /// Binds in a data folder whose store this process holds; within a tokio runtime. Without a socket
    /// there are still pages and mail, so what stands in the way is only told.
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

/// Connects to whoever listens in a data folder.
pub(super) fn connect(folder: &Path) -> io::Result<UnixStream> {
    let stream = by_short_path(folder, |path| StdUnixStream::connect(path))?;
    stream.set_nonblocking(true)?;
    UnixStream::from_std(stream)
}

/// Removes what a server left that was killed, and nothing else.
fn clear(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Ok(file) if file.file_type().is_socket() => fs::remove_file(path),
        Ok(_) => Err(io::Error::other("a file of this name is there, and no socket: it is not replaced")),
        Err(_) => Ok(()),
    }
}

fn listen(short: &Path, path: &Path) -> io::Result<UnixListener> {
    let socket = socket2::Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(short)?)?;
    // Before anybody is listened to: between binding and this, others could open the file, but a
    // socket that does not listen yet lets nobody connect.
    fs::set_permissions(path, Permissions::from_mode(MODE))?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    UnixListener::from_std(socket.into())
}

/// The socket by a path that fits into its address. A data folder that lies deeper is named by a
/// descriptor of it, where the system has such names.
fn by_short_path<T>(folder: &Path, act: impl FnOnce(&Path) -> io::Result<T>) -> io::Result<T> {
    let path = path(folder);
    if path.as_os_str().len() <= MAX_PATH_BYTES {
        return act(&path);
    }
    let folder = File::open(folder)?;
    act(Path::new(&format!("/proc/self/fd/{}/{NAME}", folder.as_raw_fd())))
}
