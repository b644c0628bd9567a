//! Which subnets, machines and clusters reach the internet, and by what.
use super::{
    derive,
    testing::{environment, of, unset},
};
use crate::model::{Answer, Destination, Environment, Origin, Platform, Problem, Reach, Value, Way, shown};
use serde_json::{Value as Json, json};

const SUBNET: &str = "azurerm_subnet.app";
const GROUP: &str = "azurerm_network_security_group.app";
const TABLE: &str = "azurerm_route_table.app";

/// `open: <to> <ports> at <address> <path>` or `unknown: <why> at …` for each way of a subject.
fn told(environment: &Environment, subject: &str) -> Vec<String> {
    let subjects: Vec<_> = environment.all().collect();
    let mut reach = Reach::default();
    derive(environment, &subjects, &mut reach);
    let (_, ways) = reach.internet.iter().find(|(id, _)| id.name.as_ref() == subject).unwrap();
    ways.iter().map(line).collect()
}

fn line(way: &Way) -> String {
    let fact = |key| way.facts.get(key).unwrap().as_text().unwrap();
    let last = way.witness.last().unwrap();
    let said = match way.answer {
        Answer::Open => format!("open: {} {}", fact("to"), fact("ports")),
        Answer::Closed => "closed".to_owned(),
        Answer::Unknown => format!("unknown: {}", fact("why")),
    };
    format!("{said} at {} {}", last.resource.name, shown(&last.path))
}

fn check(resources: &[(&str, Json)], subject: &str, expected: &[&str]) {
    assert_eq!(told(&environment(resources), subject), expected);
}

fn subnet(default_outbound: bool) -> (&'static str, Json) {
    (SUBNET, json!({"name": "snet-app", "default_outbound_access_enabled": default_outbound}))
}

fn grouped(rules: Json) -> [(&'static str, Json); 2] {
    let association = json!({"subnet_id": of(SUBNET), "network_security_group_id": of(GROUP)});
    [
        ("azurerm_subnet_network_security_group_association.app", association),
        (GROUP, json!({"name": "nsg-app", "security_rule": rules})),
    ]
}

fn routed(routes: Json) -> [(&'static str, Json); 2] {
    let association = json!({"subnet_id": of(SUBNET), "route_table_id": of(TABLE)});
    [("azurerm_subnet_route_table_association.app", association), (TABLE, json!({"name": "rt-app", "route": routes}))]
}

fn rule(priority: i64, access: &str, to: &str, port: &str) -> Json {
    json!({
        "direction": "Outbound", "priority": priority, "access": access, "protocol": "*",
        "source_address_prefix": "*", "source_port_range": "*",
        "destination_address_prefix": to, "destination_port_range": port,
    })
}

fn default_route(next: &str) -> Json {
    json!({"address_prefix": "0.0.0.0/0", "next_hop_type": next, "next_hop_in_ip_address": "10.0.0.4"})
}

#[test]
fn a_bare_subnet_goes_out_by_default_outbound_access() {
    let attribute = "values.default_outbound_access_enabled";
    check(&[subnet(true)], SUBNET, &[&format!("open: 0.0.0.0/0 all ports at {SUBNET} {attribute}")]);
    check(&[(SUBNET, json!({"name": "a"}))], SUBNET, &[&format!("open: 0.0.0.0/0 all ports at {SUBNET} values")]);
    check(&[subnet(false)], SUBNET, &[]);
}

#[test]
fn a_nat_gateway_opens_a_private_subnet() {
    let association = "azurerm_subnet_nat_gateway_association.app";
    let resources = [subnet(false), (association, json!({"subnet_id": of(SUBNET)}))];
    check(&resources, SUBNET, &[&format!("open: 0.0.0.0/0 all ports at {association} values.subnet_id")]);
    let perhaps = [subnet(false), (association, json!({"subnet_id": unset()}))];
    check(
        &perhaps,
        SUBNET,
        &[&format!("unknown: `{association}` may give this subnet a NAT gateway at {SUBNET} values")],
    );
}

#[test]
fn a_refusal_of_everything_closes() {
    let [association, group] = grouped(json!([rule(4096, "Deny", "*", "*")]));
    check(&[subnet(true), association, group], SUBNET, &[]);
}

#[test]
fn halves_of_the_address_space_are_the_internet() {
    let [association, group] =
        grouped(json!([rule(200, "Deny", "0.0.0.0/1", "*"), rule(300, "Deny", "128.0.0.0/1", "*")]));
    check(&[subnet(true), association, group], SUBNET, &[]);
}

#[test]
fn the_first_rule_that_matches_decides() {
    let allow_first = json!([rule(100, "Allow", "Internet", "443"), rule(200, "Deny", "*", "*")]);
    let [association, group] = grouped(allow_first);
    let expected = format!("open: 0.0.0.0/0 tcp/443, udp/443 at {GROUP} values.security_rule[0]");
    check(&[subnet(true), association, group], SUBNET, &[&expected]);
    let deny_first = json!([rule(300, "Allow", "Internet", "443"), rule(200, "Deny", "*", "*")]);
    let [association, group] = grouped(deny_first);
    check(&[subnet(true), association, group], SUBNET, &[]);
}

#[test]
fn a_refusal_for_some_sources_closes_nothing() {
    let mut narrow = rule(200, "Deny", "*", "*");
    narrow["source_address_prefix"] = json!("10.0.0.5/32");
    let [association, group] = grouped(json!([narrow]));
    let expected = format!("open: 0.0.0.0/0 all ports at {SUBNET} values.default_outbound_access_enabled");
    check(&[subnet(true), association, group], SUBNET, &[&expected]);
}

#[test]
fn rules_that_are_resources_count_like_blocks() {
    let [association, group] = grouped(json!([]));
    let mut apart = rule(4096, "Deny", "*", "*");
    apart["network_security_group_name"] = json!("nsg-app");
    let rule_name = "azurerm_network_security_rule.out";
    check(&[subnet(true), association.clone(), group, (rule_name, apart.clone())], SUBNET, &[]);
    let [_, both] = grouped(json!([rule(100, "Deny", "*", "*")]));
    let why = "its rules stand partly in the group and partly beside it, so that the last run decides";
    let expected = format!("unknown: {why} at {GROUP} values");
    check(&[subnet(true), association, both, (rule_name, apart)], SUBNET, &[&expected]);
}

#[test]
fn an_unknown_rule_before_a_refusal_leaves_it_open_whether_there_is_a_way() {
    let mut unknown = rule(100, "Allow", "", "443");
    unknown["destination_address_prefix"] = unset();
    let [association, group] = grouped(json!([unknown.clone(), rule(200, "Deny", "*", "*")]));
    let expected = format!("unknown: var.x has no value at {GROUP} values.security_rule[0]");
    check(&[subnet(true), association, group], SUBNET, &[&expected]);
    unknown["priority"] = json!(300);
    let [association, group] = grouped(json!([unknown, rule(200, "Deny", "*", "*")]));
    check(&[subnet(true), association, group], SUBNET, &[]);
}

#[test]
fn a_destination_taken_from_a_subnet_is_inside() {
    let mut inside = rule(100, "Allow", "", "*");
    inside["destination_address_prefixes"] = of("azurerm_subnet.data");
    let [association, group] = grouped(json!([inside, rule(200, "Deny", "*", "*")]));
    check(&[subnet(true), association, group], SUBNET, &[]);
}

#[test]
fn a_wide_service_tag_is_an_exit_and_a_narrow_one_is_not() {
    let rules = json!([
        rule(100, "Allow", "AzureActiveDirectory", "443"),
        rule(110, "Allow", "Storage", "443"),
        rule(200, "Deny", "*", "*"),
    ]);
    let [association, group] = grouped(rules);
    let expected = format!("open: Storage tcp/443, udp/443 at {GROUP} values.security_rule[1]");
    check(&[subnet(true), association, group], SUBNET, &[&expected]);
}

#[test]
fn the_route_table_decides_where_the_group_lets_out() {
    let [association, table] = routed(json!([default_route("None")]));
    check(&[subnet(true), association, table], SUBNET, &[]);
    let [association, table] = routed(json!([default_route("VirtualAppliance")]));
    let why = "its route leads to the appliance 10.0.0.4, and the firewall's rules decide";
    let expected = format!("unknown: {why} at {TABLE} values.route[0]");
    check(&[subnet(true), association, table], SUBNET, &[&expected]);
}

#[test]
fn the_longest_prefix_wins() {
    let hole = json!({"address_prefix": "192.0.2.0/24", "next_hop_type": "Internet"});
    let [association, table] = routed(json!([default_route("None"), hole]));
    let expected = format!("open: 192.0.2.0/24 all ports at {SUBNET} values.default_outbound_access_enabled");
    check(&[subnet(true), association, table], SUBNET, &[&expected]);
}

#[test]
fn a_refusal_closes_whatever_the_route_table_says() {
    let [grouping, group] = grouped(json!([rule(100, "Deny", "Internet", "*")]));
    let [routing, table] = routed(json!([default_route("VirtualAppliance")]));
    check(&[subnet(true), grouping, group, routing, table], SUBNET, &[]);
}

#[test]
fn allowed_destinations_are_no_way() {
    let [association, group] =
        grouped(json!([rule(100, "Allow", "198.51.100.7/32", "*"), rule(200, "Deny", "*", "*")]));
    let mut environment = environment(&[subnet(true), association, group]);
    let expected = format!("open: 198.51.100.7/32 all ports at {GROUP} values.security_rule[0]");
    assert_eq!(told(&environment, SUBNET), [expected]);
    environment.description.allowed_destinations.push(Destination {
        cidr: Some("198.51.100.0/24".into()),
        host: None,
        service_tag: None,
        ports: Vec::new(),
        owner: "network".into(),
        reason: "mirror".into(),
    });
    assert_eq!(told(&environment, SUBNET), Vec::<String>::new());
}

#[test]
fn a_subnet_of_another_zone_holds_no_workload_of_a_project() {
    let mut place = subnet(true);
    place.1["address_prefixes"] = json!(["10.9.1.0/24"]);
    let mut environment = environment(&[place]);
    let zone = |name: &str| {
        let networks = vec!["10.9.0.0/16"];
        Value::Map([("name", Value::from(name)), ("networks", networks.into())].into_iter().collect())
    };
    environment.description.spec.put("zones", vec![zone("project")]);
    assert_eq!(told(&environment, SUBNET).len(), 1);
    environment.description.spec.put("zones", vec![zone("front-door")]);
    assert_eq!(told(&environment, SUBNET), Vec::<String>::new());
}

#[test]
fn a_rule_that_may_not_be_there_weighs_only_outward() {
    let [association, group] = grouped(json!([rule(200, "Deny", "*", "*")]));
    let mut apart = rule(100, "Allow", "*", "443");
    apart["direction"] = json!("Inbound");
    apart["network_security_group_name"] = unset();
    let name = "azurerm_network_security_rule.r";
    check(&[subnet(true), association.clone(), group.clone(), (name, apart.clone())], SUBNET, &[]);
    apart["direction"] = json!("Outbound");
    let expected = format!("unknown: `{name}` may be a rule of this group at {GROUP} values");
    check(&[subnet(true), association, group, (name, apart)], SUBNET, &[&expected]);
}

#[test]
fn blocks_of_a_virtual_network_are_subnets_and_reserved_ones_are_not_asked() {
    let network = "azurerm_virtual_network.core";
    let blocks = json!([
        {"name": "AzureFirewallSubnet", "default_outbound_access_enabled": true},
        {"name": "snet-app", "default_outbound_access_enabled": true},
    ]);
    let expected = format!("open: 0.0.0.0/0 all ports at {network} values.subnet[1].default_outbound_access_enabled");
    check(&[(network, json!({"name": "core", "subnet": blocks}))], network, &[&expected]);
}

#[test]
fn a_machine_goes_out_by_the_address_of_its_interface() {
    let interface = "azurerm_network_interface.m";
    let machine = "azurerm_linux_virtual_machine.m";
    let configuration = json!([{"subnet_id": of(SUBNET), "public_ip_address_id": of("azurerm_public_ip.m")}]);
    let resources = [
        subnet(false),
        ("azurerm_public_ip.m", json!({})),
        (interface, json!({"ip_configuration": configuration})),
        (machine, json!({"network_interface_ids": [of(interface)]})),
    ];
    let expected = format!("open: 0.0.0.0/0 all ports at {interface} values.ip_configuration[0].public_ip_address_id");
    check(&resources, machine, &[&expected]);
}

#[test]
fn a_machines_own_group_can_close_what_the_subnet_opens() {
    let interface = "azurerm_network_interface.m";
    let machine = "azurerm_linux_virtual_machine.m";
    let association = json!({"network_interface_id": of(interface), "network_security_group_id": of(GROUP)});
    let resources = [
        subnet(true),
        (GROUP, json!({"name": "nsg", "security_rule": [rule(100, "Deny", "*", "*")]})),
        ("azurerm_network_interface_security_group_association.m", association),
        (interface, json!({"ip_configuration": [{"subnet_id": of(SUBNET)}]})),
        (machine, json!({"network_interface_ids": [of(interface)]})),
    ];
    check(&resources, machine, &[]);
}

#[test]
fn a_cluster_goes_out_by_what_azure_builds_unless_its_subnet_decides() {
    let cluster = "azurerm_kubernetes_cluster.c";
    let built = json!({"network_profile": [{"outbound_type": "loadBalancer"}]});
    let place = "values.network_profile[0].outbound_type";
    check(&[(cluster, built)], cluster, &[&format!("open: 0.0.0.0/0 all ports at {cluster} {place}")]);
    check(&[(cluster, json!({}))], cluster, &[&format!("open: 0.0.0.0/0 all ports at {cluster} values")]);
    let own = json!({
        "network_profile": [{"outbound_type": "userDefinedRouting"}],
        "default_node_pool": [{"vnet_subnet_id": of(SUBNET)}],
    });
    let [association, table] = routed(json!([default_route("None")]));
    check(&[subnet(true), association, table, (cluster, own)], cluster, &[]);
    check(&[(cluster, json!({"network_profile": [{"outbound_type": "none"}]}))], cluster, &[]);
}

#[test]
fn partners_that_are_not_in_sight_leave_it_open() {
    let data = "data.azurerm_route_table.hub";
    let association = json!({"subnet_id": of(SUBNET), "route_table_id": of(data)});
    let resources = [subnet(true), ("azurerm_subnet_route_table_association.app", association)];
    let expected = format!("unknown: its route table `{data}` is not in the code that was read at {SUBNET} values");
    check(&resources, SUBNET, &[&expected]);
}

#[test]
fn ipv6_is_said_not_to_be_followed() {
    let mut dual = subnet(false);
    dual.1["address_prefixes"] = json!(["10.0.0.0/24", "fd00:db8::/64"]);
    check(&[dual], SUBNET, &[&format!("unknown: its routes for IPv6 are not followed at {SUBNET} values")]);
}

#[test]
fn what_was_not_read_may_open_a_way_or_close_it() {
    let [association, table] = routed(json!([default_route("None")]));
    let lost = |root: &str| {
        let origin = Origin::file("modules/net");
        Problem::hiding(origin, "is not there", Platform::Azurerm, Some(root.into()))
    };
    for (resources, open) in [(vec![subnet(true)], true), (vec![subnet(true), association, table], false)] {
        let mut environment = environment(&resources);
        environment.problems = vec![lost("elsewhere")];
        assert_eq!(told(&environment, SUBNET).iter().any(|way| way.starts_with("open")), open);
        environment.problems = vec![lost(".")];
        let why = "what was not read may decide (modules/net: is not there)";
        assert_eq!(told(&environment, SUBNET), [format!("unknown: {why} at {SUBNET} values")]);
    }
    let own = json!({"network_profile": [{"outbound_type": "loadBalancer"}]});
    let mut environment = environment(&[("azurerm_kubernetes_cluster.c", own)]);
    environment.problems = vec![lost(".")];
    assert!(told(&environment, "azurerm_kubernetes_cluster.c")[0].starts_with("open"));
}

#[test]
fn a_rule_of_a_public_load_balancer_is_a_way_out_unless_it_translates_no_addresses() {
    let (interface, pool, balancer) =
        ("azurerm_network_interface.m", "azurerm_lb_backend_address_pool.p", "azurerm_lb.b");
    let machine = "azurerm_linux_virtual_machine.m";
    let told_of = |frontend: Json, snat: Json| {
        let association = json!({"network_interface_id": of(interface), "backend_address_pool_id": of(pool)});
        let rule = json!({
            "loadbalancer_id": of(balancer), "frontend_ip_configuration_name": "front",
            "backend_address_pool_ids": [of(pool)], "disable_outbound_snat": snat,
        });
        told(
            &environment(&[
                subnet(false),
                (interface, json!({"ip_configuration": [{"subnet_id": of(SUBNET)}]})),
                (machine, json!({"network_interface_ids": [of(interface)]})),
                ("azurerm_network_interface_backend_address_pool_association.m", association),
                (pool, json!({"name": "p"})),
                (balancer, json!({"frontend_ip_configuration": [frontend]})),
                ("azurerm_lb_rule.r", rule),
            ]),
            machine,
        )
    };
    let public = json!({"name": "front", "public_ip_address_id": of("azurerm_public_ip.b")});
    let open = ["open: 0.0.0.0/0 all ports at azurerm_lb_rule.r values"];
    assert_eq!(told_of(public.clone(), Json::Null), open);
    assert_eq!(told_of(public.clone(), json!(false)), open);
    assert_eq!(told_of(public.clone(), json!(true)), [""; 0]);
    assert_eq!(told_of(json!({"name": "front", "subnet_id": of(SUBNET)}), Json::Null), [""; 0]);
    let other = json!({"name": "other", "public_ip_address_id": of("azurerm_public_ip.b")});
    assert_eq!(told_of(other, Json::Null), [""; 0]);
    let unknown = ["unknown: var.x has no value at azurerm_lb_rule.r values.disable_outbound_snat"];
    assert_eq!(told_of(public, unset()), unknown);
}
