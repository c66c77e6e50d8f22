using NATS.Server.Monitoring.Http;

namespace NATS.Server.Monitoring;

/// <summary>The endpoints about accounts and about connections to other servers.</summary>
internal sealed partial class MonitoringEndpoints
{
    private HttpResponse Accountz(HttpRequest request)
    {
        _monitor.Requests.Count("/accountz");
        string account = new QueryReader(request.RawQuery).Text("acc");
        return _monitor.Accountz(new AccountzOptions { Account = account }) is { } accountz
            ? Json(200, accountz, MonitoringJson.Default.Accountz, indented: true)
            : HttpResponse.Text(400, AccountzBuilder.NotFound(account));
    }

    private HttpResponse AccountStatz(HttpRequest request)
    {
        _monitor.Requests.Count("/accstatz");
        var query = new QueryReader(request.RawQuery);
        var options = new AccountStatzOptions { IncludeUnused = query.Bool("unused") };
        return query.Error is { } error ? HttpResponse.Text(400, error) : Json(200, _monitor.AccountStatz(options), MonitoringJson.Default.AccountStatz, indented: true);
    }

    // Without routes there is nothing that the parameters could choose; they are checked all the same, here and below.
    private HttpResponse Routez(HttpRequest request)
    {
        if (CheckSubscriptions(request) is { } error) return HttpResponse.Text(400, error);
        _monitor.Requests.Count("/routez");
        return Json(200, _monitor.Routez(), MonitoringJson.Default.Routez, indented: true);
    }

    private HttpResponse Gatewayz(HttpRequest request)
    {
        _monitor.Requests.Count("/gatewayz");
        if (CheckSubscriptions(request, alsoBoolean: "accs") is { } error) return HttpResponse.Text(400, error);
        return Json(200, _monitor.Gatewayz(), MonitoringJson.Default.Gatewayz, indented: true);
    }

    private HttpResponse Leafz(HttpRequest request)
    {
        _monitor.Requests.Count("/leafz");
        var query = new QueryReader(request.RawQuery);
        query.Bool("subs");
        return query.Error is { } error ? HttpResponse.Text(400, error) : Json(200, _monitor.Leafz(), MonitoringJson.Default.Leafz, indented: true);
    }

    private static HttpResponse Raftz(HttpRequest request) => HttpResponse.Text(404, PeersBuilder.NoRaftGroups);

    private static string? CheckSubscriptions(HttpRequest request, string? alsoBoolean = null)
    {
        var query = new QueryReader(request.RawQuery);
        if (!query.Text("subs").Equals("detail", StringComparison.OrdinalIgnoreCase)) query.Bool("subs");
        if (alsoBoolean is not null) query.Bool(alsoBoolean);
        return query.Error;
    }
}
