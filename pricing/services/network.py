"""Load balancers, gateways, addresses, endpoints and traffic."""

from collections.abc import Mapping

from pricing import meters
from pricing.errors import UsageError
from pricing.lines import Line
from pricing.services.base import (
    PER_GB,
    PER_HOUR,
    SENT,
    Item,
    Offered,
    Prices,
    Quantities,
    Service,
    given,
)

LCU_QUANTITIES = (
    "new_connections_per_s",
    "connection_minutes",
    "processed_gb",
    "requests_per_s",
    "rules",
)


def _load_balancer(line: Line, prices: Prices) -> list[Item]:
    kind, hours = str(line.kind), given(line.hours)
    if kind not in {"application", "network"}:
        raise UsageError(f"load-balancer: kind is application or network, got {kind}")
    given_ones = [name for name in LCU_QUANTITIES if getattr(line, name) is not None]
    if line.lcu_hours is not None and given_ones:
        names = ", ".join(given_ones)
        raise UsageError(f"load-balancer: give either lcu_hours or {names}, not both")
    if line.requests_per_s is None and given(line.rules) > meters.LCU_FREE_RULES:
        raise UsageError("load-balancer: rules are billed per request; give requests_per_s too")
    if line.new_connections_per_s is None and given(line.connection_minutes) > 0:
        raise UsageError("load-balancer: connection_minutes needs new_connections_per_s")
    if kind == "network" and (line.requests_per_s is not None or line.rules is not None):
        raise UsageError("load-balancer: requests_per_s and rules belong to the application kind")
    billed = float(meters.whole_hours(hours))
    items = [Item("hours", billed, prices.quote(line.service, kind))]
    lcu_hours = line.lcu_hours
    if given_ones and hours > 0:
        traffic = {
            "new_connections_per_s": given(line.new_connections_per_s),
            "connection_minutes": given(line.connection_minutes),
            "processed_gb_per_hour": given(line.processed_gb) / hours,
        }
        units = (
            meters.network_lcu_count(**traffic)
            if kind == "network"
            else meters.application_lcu_count(
                **traffic,
                requests_per_s=given(line.requests_per_s),
                rule_count=given(line.rules),
            )
        )
        lcu_hours = float(units) * hours
    elif given_ones and given(line.processed_gb) > 0:
        raise UsageError("load-balancer: processed_gb is a total over the hours, and hours is 0")
    if lcu_hours is not None:
        items.append(Item("capacity units", lcu_hours, prices.quote(line.service, f"{kind}-lcu")))
    return items


def _nat_gateway(line: Line, prices: Prices) -> list[Item]:
    billed = float(meters.whole_hours(given(line.hours)))
    items = [Item("hours", billed, prices.quote(line.service, "gateway"))]
    if line.processed_gb is not None:
        items.append(Item("data", line.processed_gb, prices.quote(line.service, "data")))
    return items


def _vpc_endpoint(line: Line, prices: Prices) -> list[Item]:
    billed = float(meters.whole_hours(given(line.hours))) * line.count
    items = [Item("hours", billed, prices.quote(line.service, "interface"))]
    if line.processed_gb is not None:
        items += prices.tiered(line.service, "data", quantity=line.processed_gb, part="data")
    return items


def _address(line: Line, prices: Prices) -> list[Item]:
    return [Item("", given(line.hours), prices.quote(line.service, "address"))]


def _to_the_internet(line: Line, prices: Prices) -> list[Item]:
    return prices.tiered(line.service, "internet", quantity=given(line.gb), part="GB")


def _between_zones(line: Line, prices: Prices) -> list[Item]:
    return [Item("", given(line.gb), prices.quote(line.service, "each-direction"))]


def _to_a_region(line: Line, prices: Prices) -> list[Item]:
    return [Item("", given(line.gb), prices.quote(line.service, "out"))]


def _balancer(kind: str) -> tuple[Offered, ...]:
    family = f"Load Balancer-{kind.title()}"
    hour, unit = ("load-balancer", kind, "hour"), ("load-balancer", f"{kind}-lcu", "lcu-hour")
    return (
        Offered("AWSELB", "LoadBalancerUsage", hour, PER_HOUR, family),
        Offered("AWSELB", "LCUUsage", unit, PER_HOUR, family),
    )


SERVICES: Mapping[str, Service] = {
    "load-balancer": Service(
        Quantities(required=("kind", "hours"), optional=("lcu_hours", *LCU_QUANTITIES)),
        _load_balancer,
        offered=(*_balancer("application"), *_balancer("network")),
        free_tier="load balancers, new customers: 750 h and 15 capacity units a month",
    ),
    "nat-gateway": Service(
        Quantities(required=("hours",), optional=("processed_gb",)),
        _nat_gateway,
        offered=(
            Offered(
                "AmazonEC2",
                "NatGateway-Hours",
                ("nat-gateway", "gateway", "hour"),
                PER_HOUR,
                "NAT Gateway",
            ),
            Offered(
                "AmazonEC2",
                "NatGateway-Bytes",
                ("nat-gateway", "data", "gb"),
                PER_GB,
                "NAT Gateway",
            ),
        ),
    ),
    "vpc-endpoint": Service(
        Quantities(required=("hours",), optional=("processed_gb", "count")),
        _vpc_endpoint,
        offered=(
            Offered(
                "AmazonVPC", "VpcEndpoint-Hours", ("vpc-endpoint", "interface", "hour"), PER_HOUR
            ),
            Offered("AmazonVPC", "VpcEndpoint-Bytes", ("vpc-endpoint", "data", "gb"), PER_GB),
        ),
    ),
    "public-ipv4": Service(
        Quantities(required=("hours",)),
        _address,
        offered=(
            Offered(
                "AmazonVPC", "PublicIPv4:InUseAddress", ("public-ipv4", "address", "hour"), PER_HOUR
            ),
        ),
    ),
    "data-transfer-out": Service(
        SENT,
        _to_the_internet,
        free_tier="data transfer: the first 100 GB a month of an account are free",
    ),
    "data-transfer-zone": Service(SENT, _between_zones),
    "data-transfer-region": Service(SENT, _to_a_region),
}
"""What the network is billed by; `sources.offers` reads transfer by its own rules."""
