//! A test email that fails before anything is sent.

use std::net::TcpListener;

use super::{gatepost, refusal};

#[test]
fn a_test_email_says_that_the_file_with_certificate_authorities_is_missing() {
    // It never accepts a connection: the file is needed before TLS starts.
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let server = listener.local_addr().unwrap();
    let output = gatepost(&["mail", "test", "ann@example.org"])
        .current_dir("/")
        .env("SSL_CERT_FILE", "/nowhere/ca.pem")
        .env("GATEPOST_MAIL__TRANSPORT", "smtp")
        .env("GATEPOST_MAIL__SMTP_URL", format!("smtps://{server}"))
        .output()
        .unwrap();
    let expected = format!(
        "gatepost: Could not check the certificate of {server}: cannot read /nowhere/ca.pem, which SSL_CERT_FILE \
         or SSL_CERT_DIR names: no such file or directory."
    );
    assert_eq!(refusal(&output), expected);
}
