using NATS.Server.Accounts;

namespace NATS.Server.Delivery;

/// <summary>What an account takes part in services with: the replies it waits for, and the subjects on which it answers. Thread-safe.</summary>
internal sealed class AccountServices
{
    private readonly Lock _lock = new();
    private ResponseForwarder? _responses;

    /// <summary>Made by <see cref="ServiceRouter"/>, once for an account.</summary>
    public AccountServices(ServiceRouter router, Account account, uint number)
    {
        Router = router;
        Account = account;
        Number = number;
        Replies = new PendingReplies(account, router.OnEnded);
        account.Removed += Replies.OnInterestEnded;
    }

    public ServiceRouter Router { get; }

    public Account Account { get; }

    /// <summary>Names the account in reply subjects.</summary>
    public uint Number { get; }

    /// <summary>The account's own requests.</summary>
    public PendingReplies Replies { get; }

    /// <summary>The imports of the account that are in force. Changed under the lock of the router.</summary>
    public List<RequestForwarder> Imports { get; } = [];

    /// <summary>Begins, if that has not happened, to listen for the answers the account gives.</summary>
    /// <returns>What stands before the number of the requester in reply subjects.</returns>
    public byte[] ListenForAnswers()
    {
        if (Volatile.Read(ref _responses) is { } listening) return listening.Prefix;
        lock (_lock)
        {
            if (_responses is null)
            {
                var responses = new ResponseForwarder(this, ServiceReplySubject.NewPrefix());
                Account.InsertOwn(responses.Subscription);
                Volatile.Write(ref _responses, responses);
            }

            return _responses.Prefix;
        }
    }

    /// <summary>The account is gone.</summary>
    public void Close()
    {
        Account.Removed -= Replies.OnInterestEnded;
        Replies.Close();
        lock (_lock)
        {
            if (_responses is null) return;
            _responses.Subscription.IsClosed = true;
            Account.RemoveOwn(_responses.Subscription);
        }
    }
}
