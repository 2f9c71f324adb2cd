//! Writing accounts. Only here, so that no action forgets the lists that an account is in.

use super::Change;
use crate::domain::record::Record;
use crate::domain::record::account::Account;
use crate::domain::record::account_places::ListedAccount;
use crate::domain::record::key::Key;

impl Change {
    /// Writes an account, and its places in the lists. `before` is the account that the change expects under this id, or
    /// nothing for a new one.
    pub fn put_account(&mut self, before: Option<&Account>, after: &Account) {
        self.move_account(before, Some(after));
        self.put(Key::account(after.id), Record::from(after.clone()));
    }

    /// Removes an account that the change expects, and its places in the lists.
    pub fn delete_account(&mut self, account: &Account) {
        self.move_account(Some(account), None);
        self.delete(Key::account(account.id));
    }

    /// Gives an account all its places, wherever it had some already.
    pub fn put_account_places(&mut self, account: &Account) {
        self.move_account(None, Some(account));
    }

    /// Writes the difference that a change of an account makes to the lists. Most changes make none.
    fn move_account(&mut self, before: Option<&Account>, after: Option<&Account>) {
        let left = before.map(Account::places).unwrap_or_default();
        let taken = after.map(Account::places).unwrap_or_default();
        for place in left.iter().filter(|place| !taken.contains(place)) {
            self.delete(place.clone());
        }
        // There are at most four per account. They are removed with it.
        let listed = after.map(|account| Record::ListedAccount(ListedAccount(account.id)));
        for (place, record) in
            taken.into_iter().filter(|place| !left.contains(place)).zip(listed.iter().cycle())
        {
            self.put(place, record.clone());
        }
    }
}
