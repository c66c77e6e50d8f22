using System.Text;
using NATS.Server.Core.JetStream.Consumers;
using NATS.Server.JetStream.Consumers;

namespace NATS.Server.Monitoring.Explaining;

/// <summary>Who wants the consumer's messages: clients that pull, clients that are pushed to.</summary>
internal sealed partial class ConsumerStory
{
    private const string TooLarge = "Message Size Exceeds MaxBytes";
    private readonly List<string> _receivers = [];

    private void LookAtPulls()
    {
        if (!_standing.IsExact) return;
        IReadOnlyList<PullStanding> pulls = _standing.Pulls;
        TellAnswer();
        if (_info.Waiting >= _config.MaxWaiting && _config.MaxWaiting > 0)
        {
            Add(new Finding
            {
                Kind = "max_waiting",
                Text = $"as many pull requests wait as may: more are refused with 409 Exceeded MaxWaiting",
                Value = _info.Waiting,
                Limit = _config.MaxWaiting,
            });
            _hints.Add("Requests pile up when clients ask and go away, or ask more often than messages come: raise max_waiting, or let requests expire earlier.");
        }

        if (pulls.Count == 0)
        {
            LookAtMissingPulls();
            return;
        }

        long size = _standing.Next?.SizeBytes ?? 0;
        Finding[] requests = [.. pulls.Take(MaximumClients).Select(pull => DescribePull(pull, size)), .. LeftOut(_info.Waiting)];
        int takers = pulls.Count(pull => pull.Obstacle == PullObstacle.None && Fits(pull, size));
        var finding = new Finding
        {
            Kind = "pull_requests",
            Text = $"{StandingText.Count(_info.Waiting, "pull request waits", "pull requests wait")}, {(takers == pulls.Count ? "ready for messages" : $"{StandingText.Number((long)takers)} of them ready for the next message")}",
            Value = takers,
            Limit = _config.MaxWaiting,
            Findings = requests,
        };
        if (takers > 0 || !HasWork) Add(finding);
        else BlockPulls(finding, pulls, size);
    }

    private static Finding[] LeftOut(long count) =>
        count <= MaximumClients ? [] : [new Finding { Kind = "left_out", Text = $"and {StandingText.Number(count - MaximumClients)} more", Value = count - MaximumClients }];

    private static bool Fits(PullStanding pull, long size) => pull.BytesLeft == 0 || size <= pull.BytesLeft;

    private void LookAtMissingPulls()
    {
        PullStanding? last = _standing.NewestPull;
        string when = last is null
            ? "none has come since the server started"
            : $"the last one came {StandingText.Ago(last.ReceivedNs, _nowNs)} from {ClientOf(last.Reply, out _)} and asked for {StandingText.Count(last.Remaining + last.Delivered, "message")}, of which it got {StandingText.Number(last.Delivered)}";
        var finding = new Finding { Kind = "pull_requests", Text = $"no pull request waits; {when}", Value = 0, Limit = _config.MaxWaiting };
        if (last is not null)
        {
            ClientOf(last.Reply, out ConnectionStanding? client);
            finding = finding with { Cid = client?.Connection.Cid, Name = NameOrNull(client), User = UserOrNull(client) };
        }

        if (!HasWork)
        {
            Add(finding);
            return;
        }

        if (_standing.LastAnswer is { Description: TooLarge } answer && answer.TimeNs >= _info.Delivered.LastActiveNs)
        {
            long size = _standing.Next?.SizeBytes ?? 0;
            Block(
                finding with { Value = size, Limit = answer.BytesLeft },
                $"the next message has {StandingText.Number(size)} bytes, and the last pull request took {StandingText.Number(answer.BytesLeft)} at most",
                new ExplainRule("max_bytes", StandingText.Plain(answer.BytesLeft), "the pull request"));
            _hints.Add($"Let clients ask with a max_bytes of at least {StandingText.Plain(size)}, or without one.");
            return;
        }

        Block(finding, "no client asks for messages: no pull request waits", new ExplainRule("pull", "", "the clients"));
        _hints.Add($"Look at the application: it has to fetch. 'nats consumer next {_stream.Name} {_consumer.Name}' gets one message.");
    }

    private void BlockPulls(Finding finding, IReadOnlyList<PullStanding> pulls, long size)
    {
        PullStanding[] there = [.. pulls.Where(static pull => pull.Obstacle is not (PullObstacle.NoInterest or PullObstacle.Expired))];
        if (there.Length == 0)
        {
            Block(finding, "nobody listens for the answers to the pull requests that wait", new ExplainRule("pull", "", "the clients"));
            _hints.Add("The clients that asked are gone, or their requests came from an inbox that they left.");
        }
        else if (there.Any(pull => pull.Obstacle == PullObstacle.None))
        {
            long most = there.Where(static pull => pull.Obstacle == PullObstacle.None).Max(static pull => pull.BytesLeft);
            Block(
                finding with { Value = size, Limit = most },
                $"the next message has {StandingText.Number(size)} bytes, and the waiting pull requests take {StandingText.Number(most)} at most",
                new ExplainRule("max_bytes", StandingText.Plain(most), "the pull requests"));
            _hints.Add($"Let clients ask with a max_bytes of at least {StandingText.Plain(size)}, or without one.");
        }
        else if (there.Any(static pull => pull.Obstacle == PullObstacle.OtherPinned))
        {
            BlockPinned(finding);
        }
        else
        {
            BlockBelowThreshold(finding, there);
        }
    }

    private void BlockPinned(Finding finding)
    {
        string until = _standing.PinEndsNs > 0 ? $"; the pin ends {StandingText.Until(_standing.PinEndsNs, _nowNs)} unless it asks before" : "";
        string since = _info.PriorityGroups is [{ PinnedNs: > 0 } group, ..] ? $" since {StandingText.Time(group.PinnedNs)}" : "";
        Block(
            finding with { Kind = "priority_group", Text = $"{finding.Text}; all messages go to the client that is pinned{since}, and it does not ask{until}", Value = Math.Max(0, _standing.PinEndsNs - _nowNs), Limit = _config.PriorityTimeoutNs },
            "another client is pinned and does not ask for messages",
            new ExplainRule("priority_policy", "pinned_client", Source));
        _hints.Add($"Let the pinned client ask, wait until its pin ends (priority_timeout {StandingText.Setting(_config.PriorityTimeoutNs)}), or free it with 'nats consumer unpin {_stream.Name} {_consumer.Name}'.");
    }

    private void BlockBelowThreshold(Finding finding, PullStanding[] pulls)
    {
        long minPending = pulls.Where(static pull => pull.MinPending > 0).Select(static pull => pull.MinPending).DefaultIfEmpty(0).Min();
        long minAcks = pulls.Where(static pull => pull.MinAckPending > 0).Select(static pull => pull.MinAckPending).DefaultIfEmpty(0).Min();
        List<string> needs = [];
        if (minPending > 0) needs.Add($"{StandingText.Number(minPending)} messages are pending (min_pending; {StandingText.Number(_info.Pending)} are)");
        if (minAcks > 0) needs.Add($"{StandingText.Number(minAcks)} are not acknowledged (min_ack_pending; {StandingText.Number(_info.AckPending)} are)");
        string needed = StandingText.List(needs, "or");
        Block(
            finding with { Kind = "priority_group", Text = $"{finding.Text}; they get messages only when {needed}", Value = minPending > 0 ? (long)_info.Pending : _info.AckPending, Limit = minPending > 0 ? minPending : minAcks },
            $"the waiting clients want messages only when {needed}",
            new ExplainRule(minPending > 0 ? "min_pending" : "min_ack_pending", StandingText.Plain(minPending > 0 ? minPending : minAcks), "the pull requests"));
        _hints.Add("These clients help out when there is much to do; the ones that work all the time do not ask at the moment.");
    }

    private Finding DescribePull(PullStanding pull, long size)
    {
        string client = ClientOf(pull.Reply, out ConnectionStanding? standing);
        string? refusal = pull.Obstacle switch
        {
            PullObstacle.Expired => "it is over",
            PullObstacle.NoInterest => "nobody listens for its answers",
            PullObstacle.OtherPinned => "another client is pinned",
            PullObstacle.BelowThreshold => "its threshold is not reached",
            _ when !Fits(pull, size) => $"it takes {StandingText.Number(pull.BytesLeft)} bytes at most",
            _ => null,
        };
        StringBuilder text = new($"{client} wants {StandingText.Count(pull.Remaining, "more message", "more messages")}, asked {StandingText.Ago(pull.ReceivedNs, _nowNs)}");
        if (pull.ExpiresNs > 0) text.Append(", until ").Append(StandingText.Until(pull.ExpiresNs, _nowNs));
        if (pull.Group.Length > 0) text.Append(", group ").Append(pull.Group);
        if (refusal is null && standing is not null && !_receivers.Contains(client)) _receivers.Add(client);
        return new Finding
        {
            Kind = "pull_request",
            Text = text.ToString(),
            Subject = pull.Reply,
            Cid = standing?.Connection.Cid,
            Name = NameOrNull(standing),
            User = UserOrNull(standing),
            Value = pull.Remaining,
            Refusal = refusal,
        };
    }

    // What was said last instead of a message tells more about clients that come and go than what waits at the moment.
    private void TellAnswer()
    {
        if (_standing.LastAnswer is not { } answer) return;
        string client = ClientOf(answer.Reply, out ConnectionStanding? standing);
        Add(new Finding
        {
            Kind = "last_answer",
            Text = $"{client} was told \"{answer.Code} {answer.Description}\" {StandingText.Ago(answer.TimeNs, _nowNs)}",
            Cid = standing?.Connection.Cid,
            Name = NameOrNull(standing),
            User = UserOrNull(standing),
            Subject = answer.Reply,
        });
    }

    private void LookAtPush()
    {
        IReadOnlyList<SubscriptionSnapshot> listeners = _server.FindListeners(_account, _config.DeliverSubject);
        Finding[] clients = [.. listeners.Take(MaximumClients).Select(DescribeListener), .. LeftOut(listeners.Count)];
        string where = _config.DeliverGroup.Length > 0 ? $"in queue group \"{_config.DeliverGroup}\" to {_config.DeliverSubject}" : $"to {_config.DeliverSubject}";
        if (_standing.IsActive || _info.IsPushBound)
        {
            foreach (Finding client in clients)
            {
                if (client.Refusal is null && client.Cid is not null) _receivers.Add(client.Name is { } name ? $"connection {client.Cid} (\"{name}\")" : $"connection {client.Cid}");
            }

            Add(new Finding { Kind = "deliver_subject", Text = $"messages are pushed {where}, and somebody listens there", Subject = _config.DeliverSubject, Queue = QueueOrNull(), Value = clients.Count(static client => client is { Kind: "client", Refusal: null }), Findings = clients });
            if (clients.FirstOrDefault(static client => client is { Refusal: null, Value: > 0, Limit: > 0 } && client.Value > client.Limit / 2) is { } slow)
                _hints.Add($"Connection {slow.Cid} does not read as fast as messages come: ask about it, too.");
            LookAtFlow();
            return;
        }

        bool isGroup = _config.DeliverGroup.Length > 0;
        string reason = clients.Length == 0 ? $"nobody listens {where}" : $"nobody who counts listens {where}";
        var finding = new Finding
        {
            Kind = isGroup ? "deliver_group" : "deliver_subject",
            Text = clients.Length == 0 ? $"{reason}" : $"{reason}: those who do subscribe with wildcards or in another queue group",
            Subject = _config.DeliverSubject,
            Queue = QueueOrNull(),
            Value = 0,
            Findings = clients,
        };
        if (HasWork)
        {
            Block(finding, reason, isGroup ? new ExplainRule("deliver_group", _config.DeliverGroup, Source) : new ExplainRule("deliver_subject", _config.DeliverSubject, Source));
        }
        else
        {
            Add(finding);
        }

        _hints.Add(isGroup
            ? $"Start the application that subscribes to {_config.DeliverSubject} in queue group \"{_config.DeliverGroup}\"."
            : $"Start the application that subscribes to {_config.DeliverSubject}; a subscription in a queue group does not count without deliver_group.");
    }

    private void LookAtFlow()
    {
        if (_standing.Flow is not { } flow) return;
        var finding = new Finding
        {
            Kind = "flow_control",
            Text = $"{StandingText.Number(flow.Pending)} bytes are on their way, {StandingText.Number(flow.Size)} may be{(flow.IsAsking ? "; the client was asked to confirm what it has got and has not answered" : "")}",
            Value = flow.Pending,
            Limit = flow.Size,
        };
        if (!flow.IsClosed || !HasWork)
        {
            Add(finding);
            return;
        }

        Block(finding, "the client has not answered the flow control message", new ExplainRule("flow_control", "true", Source));
        _hints.Add("The client is behind, or its library does not answer flow control: look at its pending bytes and at the application.");
    }

    private Finding DescribeListener(SubscriptionSnapshot listener)
    {
        string subject = Encoding.UTF8.GetString(listener.Subject);
        string queue = listener.Queue is { Length: > 0 } name ? Encoding.UTF8.GetString(name) : "";
        string? refusal = subject != _config.DeliverSubject ? "it subscribes with a wildcard, which is not counted"
            : queue != _config.DeliverGroup ? (_config.DeliverGroup.Length > 0 ? "it is not in the queue group" : "it is in a queue group")
            : null;
        ConnectionStanding? client = _server.FindConnection(listener.Cid);
        return new Finding
        {
            Kind = "client",
            Text = client is null ? $"connection {listener.Cid}" : $"{ConnectionSearch.NameOf(client.Connection)}, {StandingText.Count(client.Connection.PendingBytes, "byte")} pending",
            Subject = subject,
            Queue = queue.Length > 0 ? queue : null,
            Account = listener.Account == _account ? null : listener.Account,
            Cid = listener.Cid,
            Name = NameOrNull(client),
            User = UserOrNull(client),
            Value = client?.Connection.PendingBytes,
            Limit = client?.Limits.MaxPending,
            Refusal = refusal,
        };
    }

    private string ClientOf(string reply, out ConnectionStanding? client)
    {
        client = null;
        if (_server.FindListeners(_account, reply) is not [{ } listener, ..]) return "a client that listens no more, or is in another account";
        client = _server.FindConnection(listener.Cid);
        return client is null ? $"connection {listener.Cid}" : ConnectionSearch.NameOf(client.Connection);
    }

    private string? QueueOrNull() => _config.DeliverGroup.Length > 0 ? _config.DeliverGroup : null;

    private static string? NameOrNull(ConnectionStanding? client) => client is { Connection.Name: { Length: > 0 } name } ? name : null;

    private static string? UserOrNull(ConnectionStanding? client) => client is not null && ConnectionSearch.UserOf(client.Connection) is { Length: > 0 } user ? user : null;
}
