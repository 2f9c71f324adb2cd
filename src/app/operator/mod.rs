//! The operator's orders. A running server takes them over a socket; if no server runs, the command
//! opens the store itself.
//!
//! | part | what it owns |
//! | --- | --- |
//! | `order` | orders and answers, as they are sent |
//! | `desk` | carries orders out |
//! | `work` | orders that take long, whose answers come in parts |
//! | `socket` | the socket file in the data folder, and who may open it |
//! | `server` | answers orders at the socket, one per connection |
//! | `reach` | finds the process that has the store and sends it orders |
//! | `keys`, `node_keys` | the orders about keys, of one server and of nodes that share a database |
//! | `row`, `import`, `twice` | importing accounts: one line of the file, the whole file, and addresses that are in it twice |

mod desk;
mod import;
mod keys;
mod node_keys;
mod order;
mod reach;
mod row;
mod server;
mod shown;
mod socket;
mod twice;
mod work;

pub use self::desk::{Desk, DeskSettings};
pub use self::import::ImportFile;
pub use self::order::{Answer, Opening, Order, Rehearsed, Retired, Rotated, Treatment, Verified};
pub use self::reach::Operator;
pub(super) use self::reach::verify;
pub use self::row::{ImportRow, Row, RowError, RowErrors};
pub(super) use self::server::{MOST_CONNECTIONS, serve};
pub use self::shown::{Account, Emailed, Link, Reason, Shown, Treated};
pub(super) use self::socket::{Socket, is_served};
pub use self::work::{Part, Work};
