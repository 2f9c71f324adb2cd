//! The bound address: TCP, or a socket file for a proxy on this machine.

use std::fmt;
use std::fs::{self, File, Permissions};
use std::io;
use std::net::SocketAddr;
use std::os::unix::fs::{FileTypeExt, OpenOptionsExt, PermissionsExt};
use std::os::unix::net::UnixStream as StdUnixStream;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use poem::Addr;
use socket2::{Domain, SockAddr, Socket, Type};
use tokio::net::{TcpListener, TcpStream, UnixListener, UnixStream};
use tokio_util::either::Either;

/// How many new connections the kernel keeps while we are busy. With the usual 128, clients in a sudden
/// rush wait seconds until they send their SYN again.
const BACKLOG: i32 = 4096;

/// Owner and group only, because anyone who can connect is trusted with `X-Forwarded-For`. The group is
/// for the proxy, which runs as another user.
const SOCKET_MODE: u32 = 0o660;

/// Only the owner needs the lock beside the socket.
const LOCK_MODE: u32 = 0o600;

/// Where to listen.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listen {
    /// An address and a port.
    Tcp(SocketAddr),
    /// A socket file.
    Unix(PathBuf),
}

impl Listen {
    /// Reads `127.0.0.1:8080`, `[::]:8080` or `unix:/run/gatepost.sock`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.strip_prefix("unix:") {
            Some(path) => Path::new(path).is_absolute().then(|| Self::Unix(path.into())),
            None => text.parse().ok().map(Self::Tcp),
        }
    }
}

impl fmt::Display for Listen {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp(address) => write!(f, "{address}"),
            Self::Unix(path) => write!(f, "unix:{}", path.display()),
        }
    }
}

/// Why an address could not be bound.
#[derive(Debug, thiserror::Error)]
pub enum ListenError {
    /// Another process is listening there.
    #[error("{0} is in use by another process. Stop it, or change `listen`.")]
    InUse(Listen),
    /// There is a file with that name, and it is not a socket.
    #[error("{0} exists and is not a socket, so it was not replaced. Move it, or change `listen`.")]
    NotASocket(Listen),
    /// The operating system refused.
    #[error("cannot listen on {listen}")]
    Refused {
        /// Where.
        listen: Listen,
        /// Why.
        source: io::Error,
    },
}

/// A bound address.
#[derive(Debug)]
pub struct Listener {
    bound: Bound,
}

#[derive(Debug)]
enum Bound {
    Tcp(TcpListener),
    Unix(UnixListener, PathBuf),
}

/// An accepted connection.
pub(super) struct Accepted {
    pub(super) socket: Either<TcpStream, UnixStream>,
    pub(super) local: Addr,
    pub(super) peer: Addr,
}

impl Listener {
    /// Binds. Must be called within a tokio runtime. Replaces a socket file that no process listens on.
    ///
    /// # Errors
    /// If the address can't be bound. The message names it and what to do.
    pub fn bind(listen: &Listen) -> Result<Self, ListenError> {
        let bound = match listen {
            Listen::Tcp(address) => bind_tcp(*address).map(Bound::Tcp),
            Listen::Unix(path) => {
                // Between binding and listening, a socket looks like one whose process has died. So only one
                // process at a time clears and binds here.
                // Where there cannot be a lock, binding fails too, or no one else can bind.
                let _turn = turn(path).ok();
                if is_socket(path, listen)? {
                    clear_stale(path, listen)?;
                }
                bind_unix(path).map(|socket| Bound::Unix(socket, path.clone()))
            }
        };
        match bound {
            Ok(bound) => Ok(Self { bound }),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => Err(ListenError::InUse(listen.clone())),
            Err(source) => Err(ListenError::Refused { listen: listen.clone(), source }),
        }
    }

    /// The bound TCP address, with the port that the system chose if `0` was requested.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        match &self.bound {
            Bound::Tcp(listener) => listener.local_addr().ok(),
            Bound::Unix(..) => None,
        }
    }

    pub(super) async fn accept(&self) -> io::Result<Accepted> {
        match &self.bound {
            Bound::Tcp(listener) => {
                let (socket, peer) = listener.accept().await?;
                // Responses are written in one piece, so waiting for more bytes would only delay them.
                let _ = socket.set_nodelay(true);
                let local = Addr::from(socket.local_addr()?);
                Ok(Accepted { local, socket: Either::Left(socket), peer: peer.into() })
            }
            Bound::Unix(listener, _) => {
                let (socket, peer) = listener.accept().await?;
                let local = Addr::Unix(Arc::new(listener.local_addr()?));
                Ok(Accepted { local, socket: Either::Right(socket), peer: peer.into() })
            }
        }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        if let Bound::Unix(_, path) = &self.bound {
            let _ = fs::remove_file(path);
        }
    }
}

fn bind_tcp(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = Socket::new(Domain::for_address(address), Type::STREAM, None)?;
    // Otherwise a restart would fail while connections of the last run are in TIME_WAIT.
    socket.set_reuse_address(true)?;
    socket.bind(&address.into())?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    TcpListener::from_std(socket.into())
}

fn bind_unix(path: &Path) -> io::Result<UnixListener> {
    let socket = Socket::new(Domain::UNIX, Type::STREAM, None)?;
    socket.bind(&SockAddr::unix(path)?)?;
    fs::set_permissions(path, Permissions::from_mode(SOCKET_MODE))?;
    socket.listen(BACKLOG)?;
    socket.set_nonblocking(true)?;
    UnixListener::from_std(socket.into())
}

/// Waits for the lock beside a socket file. It is empty, and it stays: removing it could let two processes
/// lock two files of the same name.
fn turn(path: &Path) -> io::Result<File> {
    let mut name = path.as_os_str().to_owned();
    name.push(".lock");
    let mut options = File::options();
    let file = options.write(true).create(true).truncate(false).mode(LOCK_MODE).open(name)?;
    file.lock()?;
    Ok(file)
}

fn is_socket(path: &Path, listen: &Listen) -> Result<bool, ListenError> {
    match fs::symlink_metadata(path) {
        Ok(file) if file.file_type().is_socket() => Ok(true),
        Ok(_) => Err(ListenError::NotASocket(listen.clone())),
        Err(_) => Ok(false),
    }
}

/// Removes the socket file of a process that has died. If something answers, the socket is in use.
fn clear_stale(path: &Path, listen: &Listen) -> Result<(), ListenError> {
    match StdUnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            fs::remove_file(path).map_err(|source| ListenError::Refused { listen: listen.clone(), source })
        }
        Ok(_) => Err(ListenError::InUse(listen.clone())),
        Err(source) => Err(ListenError::Refused { listen: listen.clone(), source }),
    }
}
