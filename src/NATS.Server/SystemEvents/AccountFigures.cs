using System.Text.Json;
using NATS.Server.Accounts;
using NATS.Server.Monitoring;
using NATS.Server.Sessions;

namespace NATS.Server.SystemEvents;

/// <summary>What an account counts at one moment. Immutable.</summary>
/// <param name="Account">Whose.</param>
/// <param name="Connections">Client connections.</param>
/// <param name="Subscriptions">Subscriptions in its index.</param>
/// <param name="Traffic">What its clients sent and received, also those that are gone.</param>
/// <param name="SlowConsumers">Clients that did not read fast enough.</param>
internal sealed record AccountFigures(Account Account, int Connections, int Subscriptions, TrafficSnapshot Traffic, long SlowConsumers)
{
    /// <summary>Counts. Looks at all connections of the server.</summary>
    public static AccountFigures Of(Account account, ServerContext server)
    {
        (long inMessages, long inBytes, long outMessages, long outBytes) = account.EndedTraffic;
        foreach (ClientSession session in server.Clients.Open)
        {
            if (!ReferenceEquals(session.Account, account)) continue;
            (long InMessages, long InBytes, long OutMessages, long OutBytes) traffic = session.TrafficInAccount;
            inMessages += traffic.InMessages;
            inBytes += traffic.InBytes;
            outMessages += traffic.OutMessages;
            outBytes += traffic.OutBytes;
        }

        return new AccountFigures(
            account, account.Connections, account.SubscriptionCount, new TrafficSnapshot(inMessages, inBytes, outMessages, outBytes), account.SlowConsumers);
    }

    /// <summary>Writes its fields into an object.</summary>
    public void Write(Utf8JsonWriter json)
    {
        json.WriteString("acc"u8, Account.Name);
        json.WriteString("name"u8, Account.DisplayName);
        json.WriteNumber("conns"u8, Connections);
        json.WriteNumber("leafnodes"u8, 0);
        json.WriteNumber("total_conns"u8, Connections);
        json.WriteNumber("num_subscriptions"u8, Subscriptions);
        WriteTraffic(json, "sent"u8, Traffic.OutMessages, Traffic.OutBytes);
        WriteTraffic(json, "received"u8, Traffic.InMessages, Traffic.InBytes);
        json.WriteNumber("slow_consumers"u8, SlowConsumers);
    }

    // The parts with other servers are told also where there are none.
    private static void WriteTraffic(Utf8JsonWriter json, ReadOnlySpan<byte> name, long messages, long bytes)
    {
        json.WriteStartObject(name);
        json.WriteNumber("msgs"u8, messages);
        json.WriteNumber("bytes"u8, bytes);
        json.WriteTraffic("gateways"u8, 0, 0);
        json.WriteTraffic("routes"u8, 0, 0);
        json.WriteTraffic("leafs"u8, 0, 0);
        json.WriteEndObject();
    }
}
