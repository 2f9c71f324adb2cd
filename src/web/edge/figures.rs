//! How many requests there were and how long they took, by route: never by path, since anyone can invent any
//! number of paths.

use std::sync::OnceLock;
use std::time::Duration;

use poem::http::{Method, StatusCode};
use prometheus::core::Collector;
use prometheus::proto::MetricFamily;
use prometheus::{Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, Opts};

use super::proxies::Proxies;
use super::routes::Routes;

/// The methods that are told apart.
const METHODS: [&str; 4] = ["GET", "HEAD", "POST", "other"];
/// The statuses that are told apart.
const STATUSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];
/// The route of every path that has none.
const NO_ROUTE: &str = "other";
/// From a page in memory to an answer that waits for an email.
const SECONDS: [f64; 12] = [0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0, 5.0, 30.0];

/// The requests of one run.
pub struct RequestFigures {
    requests: IntCounterVec,
    seconds: HistogramVec,
    routes: Vec<Route>,
    /// Whether our proxies are recognised.
    pub proxies: Proxies,
}

/// One route and its counters. Each is found at its first request and kept, so that counting takes no lock.
struct Route {
    pattern: String,
    by_method: [OnceLock<Histogram>; METHODS.len()],
    by_status: [[OnceLock<IntCounter>; STATUSES.len()]; METHODS.len()],
}

impl RequestFigures {
    /// No requests yet, for these routes.
    pub(super) fn new(routes: &Routes) -> Self {
        let requests = Opts::new("gatepost_requests_total", "Requests, by route, method and status");
        let seconds =
            HistogramOpts::new("gatepost_request_seconds", "Time from the head of a request to its response");
        let seconds = seconds.buckets(SECONDS.to_vec());
        let patterns = routes.patterns().chain([NO_ROUTE]).map(str::to_owned);
        Self {
            requests: IntCounterVec::new(requests, &["route", "method", "status"])
                .expect("its labels are valid"),
            seconds: HistogramVec::new(seconds, &["route", "method"]).expect("its labels are valid"),
            routes: patterns.map(Route::new).collect(),
            proxies: Proxies::default(),
        }
    }

    /// Counts a request by the number of its route.
    pub(super) fn count(&self, route: Option<usize>, method: &Method, status: StatusCode, took: Duration) {
        let route = &self.routes[route.unwrap_or(self.routes.len() - 1)];
        let method = METHODS.iter().position(|name| *name == method.as_str()).unwrap_or(METHODS.len() - 1);
        let status = usize::from(status.as_u16() / 100).clamp(1, STATUSES.len()) - 1;
        let name = METHODS[method];
        let labels = [route.pattern.as_str(), name, STATUSES[status]];
        route.by_status[method][status].get_or_init(|| self.requests.with_label_values(&labels)).inc();
        let seconds = || self.seconds.with_label_values(&[route.pattern.as_str(), name]);
        route.by_method[method].get_or_init(seconds).observe(took.as_secs_f64());
    }

    /// All of them, with their names.
    #[must_use]
    pub fn families(&self) -> Vec<MetricFamily> {
        self.requests.collect().into_iter().chain(self.seconds.collect()).collect()
    }
}

impl Route {
    fn new(pattern: String) -> Self {
        Self { pattern, by_method: Default::default(), by_status: Default::default() }
    }
}

impl std::fmt::Debug for RequestFigures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("RequestFigures")
    }
}
