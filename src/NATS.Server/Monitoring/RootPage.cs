using System.Text;
using NATS.Server.Core.Protocol;

namespace NATS.Server.Monitoring;

/// <summary>The page that links the endpoints. Pure, thread-safe.</summary>
internal static class RootPage
{
    private static readonly (string Title, string Endpoint)[] Links =
    [
        ("General", "/varz"),
        ("JetStream", "/jsz"),
        ("Connections", "/connz"),
        ("Accounts", "/accountz"),
        ("Account Stats", "/accstatz"),
        ("Subscriptions", "/subsz"),
        ("Routes", "/routez"),
        ("LeafNodes", "/leafz"),
        ("Gateways", "/gatewayz"),
        ("Raft Groups", "/raftz"),
        ("Health Probe", "/healthz"),
        ("Expvar", "/debug/vars"),
    ];

    /// <summary>Renders the page.</summary>
    /// <param name="below">Puts an endpoint below the base path.</param>
    public static string Render(Func<string, string> below)
    {
        var html = new StringBuilder(2048);
        html.Append("""
            <!DOCTYPE html>
            <html lang="en">
            <head>
            <meta charset="utf-8">
            <title>NATS server monitoring</title>
            <style>
            body { font-family: system-ui, sans-serif; margin: 2rem; color: #222 }
            h1 { font-size: 1.25rem; margin-bottom: 0.25rem }
            a { display: block; padding: 0.2rem 0; color: #225; text-decoration: none }
            a:hover { text-decoration: underline }
            span { color: #777; font-family: monospace }
            </style>
            </head>
            <body>
            <h1>NATS server</h1>

            """);
        html.Append("<p>v").Append(ServerVersion.Compatible).Append("</p>\n");
        foreach ((string title, string endpoint) in Links)
        {
            html.Append("<a href=\".").Append(System.Net.WebUtility.HtmlEncode(below(endpoint))).Append("\">").Append(title).Append(" <span>")
                .Append(endpoint).Append("</span></a>\n");
        }

        html.Append("<a href=\"https://docs.nats.io/running-a-nats-service/nats_admin/monitoring\">Help</a>\n</body>\n</html>\n");
        return html.ToString();
    }
}
